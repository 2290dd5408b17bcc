/** What is rebuilt from a run folder alone: its plan, its data, its session. */
import { existsSync, readFileSync } from 'node:fs';
import { loadCases, type Manifest, parseManifest } from '../data/index.ts';
import { DataError } from '../errors.ts';
import { classTask } from '../nn/index.ts';
import { endOf, isScript, type RunPaths, readEvents, readRunConfig } from '../run/index.ts';
import {
  hasCheckpoint,
  ImageSet,
  PairSet,
  type Plan,
  Session,
  type SessionOptions,
  sessionOptions,
} from '../train/index.ts';
import { loadAt, type RunData } from './data.ts';

/** The labelled cases at training size; owns its tensors. */
export interface RunPairs extends Disposable {
  train: PairSet;
  validation: PairSet;
  unlabelled: ImageSet | null;
}

export async function loadPairs(data: RunData, plan: Plan): Promise<RunPairs> {
  const { manifest, division } = data;
  const load = async (cases: RunData['division']['train']) =>
    PairSet.from(await loadAt(cases, manifest, plan.size), plan.device);
  const [train, validation] = [await load(division.train), await load(division.validation)];
  const unlabelled = data.unlabelled && (await loadUnlabelled(data.unlabelled, data, plan));
  return {
    train,
    validation,
    unlabelled,
    [Symbol.dispose]() {
      for (const set of [train, validation, unlabelled]) set?.dispose();
    },
  };
}

/** Scaled as the labelled images are. */
async function loadUnlabelled(
  unlabelled: Manifest,
  { manifest: { fingerprint } }: RunData,
  { size, device }: Plan,
): Promise<ImageSet> {
  const side = { width: size, height: size };
  return new ImageSet(
    await loadCases(unlabelled.cases, unlabelled, { size: side, fingerprint }),
    device,
  );
}

/** @throws DataError for a folder that is no run, and for a run that was stopped before it began. */
export function openRun(paths: RunPaths): { plan: Plan; data: RunData } {
  readRunConfig(paths.root);
  const read = (path: string): unknown => {
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
    throw new DataError(
      `${path} is missing: the run was stopped before it began; delete its folder and start it again`,
    );
  };
  const plan = read(paths.plan) as Plan;
  plan.model ??= 'unet'; // of runs from before there was a choice
  plan.weights ??= null;
  plan.stageRates ??= {};
  plan.task ??= classTask(plan.classes.length);
  plan.imageLayout ??= 'channels-last';
  plan.cudaGraphs ??= false;
  completeRecipe(plan.recipe);
  // The folder may have moved.
  if (isScript(plan.model)) plan.model = paths.model;
  if (plan.weights !== null) plan.weights = paths.weights;
  const manifest = parseManifest(read(paths.manifest));
  const splits = read(paths.splits) as Record<'train' | 'validation' | 'test', string[]>;
  const byId = new Map(manifest.cases.map((one) => [one.id, one]));
  const casesOf = (split: keyof typeof splits) => splits[split].map((id) => byId.get(id)!);
  const [train, validation, test] = [casesOf('train'), casesOf('validation'), casesOf('test')];
  const used = new Set([...train, ...validation, ...test]);
  const unused = manifest.cases.filter((one) => !used.has(one));
  const division = { train, validation, test, unused };
  const unlabelled = existsSync(paths.unlabelled) ? parseManifest(read(paths.unlabelled)) : null;
  return { plan, data: { manifest, division, warnings: [], unlabelled } };
}

/** Numbers that runs had from the code before recipes had them. */
function completeRecipe({ segmentation, gan, architecture }: Plan['recipe']): void {
  segmentation.momentum ??= 0.9;
  segmentation.weightDecay ??= segmentation.optimizer === 'rmsprop' ? 1e-8 : 1e-4;
  segmentation.warmup ??= Math.ceil(segmentation.steps / 20);
  gan.betas ??= [0.5, 0.999];
  architecture.weightDecay ??= 1e-5;
  architecture.validationBatch ??= 8;
}

/** @throws DataError for a run that has finished and was made smaller, as genseg bench does: what it trained is gone. */
export function requireWhole({ root, events, checkpoints }: RunPaths): void {
  if (hasCheckpoint(checkpoints.last) || !existsSync(events)) return;
  if (endOf(readEvents(events))?.data.reason === 'finished')
    throw new DataError(
      `${root} has finished, and only its best model was kept, as genseg bench does: there is no generator and nothing to go on from; genseg evaluate and genseg predict take it as it is, or train it anew`,
    );
}

export const startSession = (
  plan: Plan,
  pairs: RunPairs,
  options: Pick<SessionOptions, 'observe' | 'captureWork' | 'warn'> = {},
): Session => new Session({ ...sessionOptions(plan), ...options }, pairs);
