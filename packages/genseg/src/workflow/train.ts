/** `genseg train` and `genseg resume`: from a folder of labelled images to an evaluated run folder. */
import { existsSync, readFileSync } from 'node:fs';
import { captureGraph, environment, saveSafetensors, scope } from '@genseg/torch';
import { TrainingError } from '../errors.ts';
import type { SetResult } from '../report/index.ts';
import {
  describeEnvironment,
  isScript,
  type JsonObject,
  type JsonValue,
  type RunEvent,
  RunFolder,
  restoreConfig,
  type Settings,
  type TrainConfig,
  trainConfigSchema,
  writeFileAtomic,
  writeJsonAtomic,
} from '../run/index.ts';
import { familyNamed, readKeptBy, readWeights, saveModel } from '../segmenter/index.ts';
import {
  fitBudget,
  hasCheckpoint,
  loadCheckpoint,
  measureSteps,
  methodNamed,
  noProgress,
  type Plan,
  type Progress,
  proveLoop,
  saveCheckpoint,
  Trainer,
} from '../train/index.ts';
import { type RunData, testSets } from './data.ts';
import { type Cost, testModel, writeRecords } from './finish.ts';
import { prepare, type Work } from './prepare.ts';
import { drawPreview } from './preview.ts';
import { applySettings, keepSettings } from './process-settings.ts';
import { profileRun } from './profile.ts';
import { Recorder } from './recorder.ts';
import { loadPairs, openRun, requireWhole, startSession } from './run-state.ts';

/** The command line's JSON. */
export interface TrainResult {
  run: string;
  method: string;
  seed: number;
  iterations: number;
  /** Of this process. */
  seconds: number;
  cost: Cost;
  sets: Record<string, SetResult>;
}

/** What the caller sees of a run while it goes, and how it stops it. */
export interface Watcher {
  event(event: RunEvent): void;
  warn(text: string): void;
  /** Asked between steps: whether to store a checkpoint and stop. */
  interrupted(): boolean;
}

/**
 * A new run.
 * @returns null when it was interrupted. @throws DataError and ConfigError before anything is written,
 *   TrainingError with the last good checkpoint kept.
 */
export async function train(
  config: TrainConfig,
  settings: Settings<JsonObject>,
  watcher: Watcher,
): Promise<TrainResult | null> {
  const started = performance.now();
  using _settings = keepSettings();
  const work = await prepare(config);
  using pairs = work.pairs;
  const { data, sets } = work;
  let { plan } = work;
  if (config.budget !== null) plan = fitBudget(plan, config.budget, measureSteps(plan, pairs));

  using run = RunFolder.create(config.out, settings);
  const { manifest, division } = data;
  const ids = (cases: readonly { id: string }[]) => cases.map(({ id }) => id);
  writeJsonAtomic(
    run.paths.environment,
    describeEnvironment(environment() as unknown as JsonValue),
  );
  writeJsonAtomic(run.paths.fingerprint, manifest.fingerprint);
  writeJsonAtomic(run.paths.manifest, manifest);
  writeJsonAtomic(run.paths.splits, {
    train: ids(division.train),
    validation: ids(division.validation),
    test: ids(division.test),
  });
  if (data.unlabelled) writeJsonAtomic(run.paths.unlabelled, data.unlabelled);
  if (isScript(plan.model)) plan.model = ownCopy(plan.model, run.paths.model);
  if (plan.weights !== null) plan.weights = ownWeights(plan.weights, run.paths.weights);
  writeJsonAtomic(run.paths.plan, plan);
  const warnings = [...data.warnings, ...sets.flatMap((set) => set.warnings)];
  for (const text of warnings) watcher.warn(text);
  return await execute(run, { ...work, plan }, { watcher, started });
}

/**
 * Continues a run from its last checkpoint; one that had finished is evaluated again.
 * @param finish takes no further step: keeps the best model so far, and tests it.
 */
export async function resume(
  root: string,
  watcher: Watcher,
  { finish = false }: { finish?: boolean } = {},
): Promise<TrainResult | null> {
  const started = performance.now();
  using run = RunFolder.open(root);
  requireWhole(run.paths);
  const config = restoreConfig(trainConfigSchema, run.config.settings);
  const { plan, data } = openRun(run.paths);
  using _settings = keepSettings();
  applySettings(plan);
  using pairs = await loadPairs(data, plan);
  return await execute(
    run,
    { config, plan, data, pairs, sets: await testSets(config, data) },
    { watcher, started, finish },
  );
}

async function execute(
  run: RunFolder,
  work: Work,
  { watcher, started, finish = false }: { watcher: Watcher; started: number; finish?: boolean },
): Promise<TrainResult | null> {
  const { config, plan, data, pairs } = work;
  const { last, best } = run.paths.checkpoints;
  const unprofiled = config.profile && !existsSync(run.paths.profile.text);
  using profile = unprofiled ? profileRun(run.paths, plan) : null;
  using session = startSession(plan, pairs, {
    observe: profile?.observe,
    captureWork: plan.cudaGraphs ? captureGraph : undefined,
    warn: watcher.warn,
  });
  const resumed = hasCheckpoint(last);
  const progress = noProgress();
  if (resumed) Object.assign(progress, loadCheckpoint<Progress>(last, session.parts));
  const seconds = () => (performance.now() - started) / 1000;
  const stepsDone = () => progress.pretrain + progress.train;
  const begun = existsSync(run.paths.events); // perhaps killed before its first checkpoint
  const kept = resumed ? stepsDone() : -1;
  using recorder = new Recorder(run.paths, watcher.event, begun ? kept : undefined);
  try {
    if (!resumed) begin(recorder, work);
    const trainer = new Trainer(session, pairs.validation, progress, {
      emit: (type, step, value) => recorder.emit(type, step, value),
      checkpoint: () => saveCheckpoint(last, session.parts, progress),
      keepBest: () =>
        saveModel(best, session.average, {
          ...modelInfo(plan, data),
          ...(progress.best && { keptBy: progress.best }),
        }),
      kept: () => readKeptBy(best),
      preview: () => drawPreview(run.paths.previews, session, pairs.train, stepsDone()),
      interrupted: () => watcher.interrupted(),
      checkpointEvery: config.checkpointEvery,
    });
    const stop = () => {
      recorder.emit('end', stepsDone(), {
        reason: 'interrupted',
        message: `stopped; continue with: genseg resume ${run.paths.root}`,
        seconds: seconds(),
      });
      return null;
    };
    if (finish) trainer.finish();
    else if (!(await trainer.run())) return stop();
    recorder.emit('stage', stepsDone(), { name: 'evaluate', steps: work.sets.length });
    const sets = await testModel(run.paths, work, {
      session,
      tell: (scores) => recorder.emit('evaluation', stepsDone(), scores),
      interrupted: watcher.interrupted,
    });
    if (!sets) return stop();
    const end = { reason: 'finished', message: 'finished', seconds: seconds() } as const;
    const cost = await writeRecords(run.paths, progress.updates, { step: stepsDone(), data: end });
    recorder.emit('end', stepsDone(), end); // last: a run that is called finished has all its files
    return {
      run: run.paths.root,
      method: plan.method,
      seed: plan.seed,
      iterations: progress.train,
      seconds: seconds(),
      cost,
      sets,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    try {
      recorder.emit('end', stepsDone(), { reason: 'failed', message, seconds: seconds() });
    } catch {
      // A full disk has no room for this line either; the first error is the one to tell.
    }
    throw error;
  }
}

function begin(recorder: Recorder, { plan, pairs }: Work): void {
  const { recipe, seed } = plan;
  const method = methodNamed(plan.method);
  const pretrain = { name: 'pretrain' as const, steps: recipe.gan.pretrainSteps };
  const stages = [
    ...(method.synthesises ? [pretrain] : []),
    { name: 'train' as const, steps: recipe.segmentation.steps },
  ];
  recorder.emit('start', 0, {
    method: method.name,
    seed,
    labels: pairs.train.count + pairs.validation.count,
    stages,
  });
  if (!method.feedback) return;
  const checks = proveLoop(plan, pairs);
  const failed = checks.filter(({ passed }) => !passed);
  recorder.emit('selfcheck', 0, { passed: failed.length === 0, checks });
  if (failed.length > 0) {
    throw new TrainingError(
      `the self-check failed: ${failed.map(({ name, value }) => `${name} (${value})`).join('; ')}`,
    );
  }
}

/** Pretrained weights, whatever their file, as safetensors. @returns where they are. */
function ownWeights(from: string, to: string): string {
  if (!isScript(from)) return ownCopy(from, to);
  scope(() => saveSafetensors(to, readWeights(from)));
  return to;
}

/** A run needs no file but its own. @returns where the copy is. */
function ownCopy(from: string, to: string): string {
  writeFileAtomic(to, readFileSync(from));
  return to;
}

const modelInfo = ({ model, recipe, channels, classes, size }: Plan, { manifest }: RunData) => ({
  format: 'genseg-model/1' as const,
  architecture: familyNamed(model).name,
  width: recipe.segmentation.width,
  channels,
  classes,
  ...(manifest.regions && { regions: manifest.regions }),
  size,
  fingerprint: manifest.fingerprint,
});
