/** What a run does after its last step: tests the model, and writes what was found. */
import { type SetResult, writeClaim, writeModelCard, writeReport } from '../report/index.ts';
import {
  type RunEvent,
  type RunPaths,
  readEvents,
  stageSeconds,
  type TrainEvents,
  writeJsonAtomic,
} from '../run/index.ts';
import { loadModel } from '../segmenter/index.ts';
import type { Session, Updates } from '../train/index.ts';
import { auditSynthesis } from './audit.ts';
import { evaluate } from './evaluate.ts';
import type { Work } from './prepare.ts';
import { writeDomain } from './trust.ts';

/** What a run used, over all processes that worked on it: cost.json. */
export interface Cost {
  /** By problem, `segmentation` in all methods: updates, and images that they saw. */
  updates: Updates;
  /** By stage. */
  seconds: Record<string, number>;
}

/**
 * Scores the best model on all test sets, and examines what it may be trusted with.
 * @param tell is told of each set. @returns the scores by set; null when interrupted.
 */
export async function testModel(
  paths: RunPaths,
  { config, plan, data, pairs, sets }: Work,
  {
    session,
    tell,
    interrupted,
  }: {
    session: Session;
    tell: (scores: TrainEvents['evaluation']) => void;
    interrupted: () => boolean;
  },
): Promise<Record<string, SetResult> | null> {
  const results: Record<string, SetResult> = {};
  using trained = loadModel(paths.checkpoints.best, plan.device);
  await writeDomain(paths, trained, data);
  const groups = data.division.train.map(({ group }) => group);
  auditSynthesis(paths, session, { train: pairs.train, groups, trained, seed: plan.seed });
  for (const set of sets) {
    const options = { seed: plan.seed, fast: config.fastTest, interrupted };
    const result = await evaluate(paths.root, trained, set, options);
    if (!result) return null;
    results[set.name] = result;
    const { mean, ci95, cases, presence } = result;
    const [low, high] = ci95.dice;
    const scored = cases.length - presence.neither;
    tell({ set: set.name, dice: mean.dice, low, high, cases: cases.length, scored });
  }
  return results;
}

/** @param end what the caller records next: a run that is called finished has all its files. */
export async function writeRecords(
  { root, events, cost: path, report }: RunPaths,
  updates: Updates,
  end: { step: number; data: TrainEvents['end'] },
): Promise<Cost> {
  const ending: RunEvent = { id: 0, time: new Date().toISOString(), type: 'end', ...end };
  const cost = { updates, seconds: stageSeconds([...readEvents(events), ending]) };
  writeJsonAtomic(path, cost);
  await writeReport([root], report, ending);
  writeModelCard(root, ending);
  writeClaim(root);
  return cost;
}
