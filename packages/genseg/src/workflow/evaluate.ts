/** Scores a run's model on test sets and writes what was found into the run folder. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, loadCases } from '../data/index.ts';
import {
  type CalibrationBins,
  calibration,
  calibrationBins,
  caseMetrics,
  regionMask,
  regionMetrics,
} from '../metrics/index.ts';
import { encodePng, overlay } from '../picture/index.ts';
import {
  type CaseTrust,
  type EvaluatedCase,
  extremes,
  overlayFile,
  type SetResult,
  writeEvaluation,
  writeSetTrust,
} from '../report/index.ts';
import { evaluationPaths, runPaths, writeFileAtomic } from '../run/index.ts';
import { loadModel, predict, segmentedNames, type TrainedModel } from '../train/index.ts';
import { openTestSet, type TestSet } from './data.ts';
import { openRun } from './run-state.ts';
import { readDomain, trustIn } from './trust.ts';

/** Sets up to this size are drawn whole, so that a report can show one case in every run. */
const drawnWhole = 100;
/** Of larger sets so many are drawn from each end, the worst and the best. */
const drawnAtEachEnd = 20;

/**
 * @param root the run folder.
 * @param interrupted asked before each case: whether to stop, with nothing written.
 * @returns the set's entry in the command line's JSON, null when interrupted.
 */
export async function evaluate(
  root: string,
  trained: TrainedModel,
  set: TestSet,
  { seed, interrupted = () => false }: { seed: number; interrupted?: () => boolean },
): Promise<SetResult | null> {
  const { classes: names, regions } = trained.info;
  const classes = ['background', ...segmentedNames(trained.info)];
  const ids = names.map((_, i) => i).slice(1);
  const spaced = set.cases.every(({ spacing }) => spacing !== null);
  const cases: EvaluatedCase[] = [];
  const trust: CaseTrust[] = [];
  const bins: CalibrationBins[][] = classes.slice(1).map(() => []); // by class or region
  const domain = readDomain(runPaths(root));
  for (const one of set.cases) {
    if (interrupted()) return null;
    const { sample, mask, probabilities } = await predictCase(one, trained, set);
    const spacing = spaced ? one.spacing!.toReversed() : undefined; // [x, y] -> [rows, columns]
    const grid = { shape: [sample.height, sample.width], spacing };
    const metrics = regions
      ? regionMetrics(mask, sample.mask!, grid, { regions: regions.map(({ classes }) => classes) })
      : caseMetrics(mask, sample.mask!, grid, { classes: ids });
    cases.push({ id: one.id, patient: one.group, classes: metrics });
    trust.push(trustIn(trained, sample, domain));
    for (const [i, plane] of probabilities.entries()) {
      const part = regions?.[i].classes ?? [i + 1];
      const [truth, prediction] = [sample.mask!, mask].map((all) => regionMask(all, part));
      bins[i].push(calibrationBins(plane, { truth, prediction, width: sample.width }, 1));
    }
  }
  const unit = spaced ? 'mm' : 'px';
  const result = writeEvaluation(root, set.name, { cases, classes, unit, seed });
  const named = bins.map((each, i) => [classes[i + 1], calibration(each)]);
  writeSetTrust(root, set.name, { cases: trust, calibration: Object.fromEntries(named) });
  await drawOverlays(evaluationPaths(root, set.name).overlays, trained, set, result);
  return result;
}

async function predictCase(one: Case, trained: TrainedModel, { manifest }: TestSet) {
  const { model, info, task } = trained;
  const [sample] = await loadCases([one], manifest, { fingerprint: info.fingerprint });
  return { sample, ...predict(model, sample, { size: info.size, task }) };
}

/** Predicts the cases to draw once more, rather than keeping all in memory. */
async function drawOverlays(
  folder: string,
  trained: TrainedModel,
  set: TestSet,
  result: SetResult,
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const { worst, best } = extremes(result.cases, drawnAtEachEnd);
  const drawn = result.cases.length <= drawnWhole ? result.cases : [...worst, ...best];
  for (const { id } of drawn) {
    const one = set.cases.find((candidate) => candidate.id === id)!;
    const { sample, mask } = await predictCase(one, trained, set);
    writeFileAtomic(join(folder, overlayFile(id)), encodePng(overlay(sample, mask, sample.mask!)));
  }
}

/** What `genseg evaluate` prints as JSON. */
export interface EvaluateResult {
  run: string;
  method: string;
  seed: number;
  iterations: number;
  seconds: number;
  sets: Record<string, SetResult>;
}

/** Scores a trained run on another labelled data set. */
export async function evaluateRun(
  root: string,
  folder: string,
  { warn = () => {} }: { warn?: (text: string) => void } = {},
): Promise<EvaluateResult> {
  const started = performance.now();
  const paths = runPaths(root);
  const { plan, data } = openRun(paths);
  using trained = loadModel(paths.checkpoints.best, plan.device);
  const set = await openTestSet(folder, data, ['test']);
  for (const text of set.warnings) warn(text);
  const result = (await evaluate(root, trained, set, { seed: plan.seed }))!;
  return {
    run: root,
    method: plan.method,
    seed: plan.seed,
    iterations: plan.recipe.segmentation.steps,
    seconds: (performance.now() - started) / 1000,
    sets: { [set.name]: result },
  };
}
