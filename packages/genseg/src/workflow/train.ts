/** `genseg train` and `genseg resume`: from a folder of labelled images to an evaluated run folder. */
import { existsSync, readFileSync } from 'node:fs';
import { configure, environment, saveSafetensors, scope } from '@genseg/torch';
import { TrainingError } from '../errors.ts';
import { type SetResult, writeClaim, writeModelCard, writeReport } from '../report/index.ts';
import {
  describeEnvironment,
  isScript,
  type JsonObject,
  type JsonValue,
  type RunEvent,
  RunFolder,
  readEvents,
  restoreConfig,
  type Settings,
  stageSeconds,
  type TrainConfig,
  trainConfigSchema,
  writeFileAtomic,
  writeJsonAtomic,
} from '../run/index.ts';
import { familyNamed, loadModel, readKeptBy, readWeights, saveModel } from '../segmenter/index.ts';
import {
  checkModel,
  fitBudget,
  hasCheckpoint,
  loadCheckpoint,
  makePlan,
  measureSteps,
  methodNamed,
  noProgress,
  type Plan,
  type Progress,
  proveLoop,
  saveCheckpoint,
  Trainer,
  tuned,
  type Updates,
} from '../train/index.ts';
import { auditSynthesis } from './audit.ts';
import { prepareData, type RunData, type TestSet, testSets } from './data.ts';
import { evaluate } from './evaluate.ts';
import { drawPreview } from './preview.ts';
import { profileRun } from './profile.ts';
import { Recorder } from './recorder.ts';
import { loadPairs, openRun, type RunPairs, requireWhole, startSession } from './run-state.ts';
import { keepThreads } from './threads.ts';
import { writeDomain } from './trust.ts';
import { unlabelledImages } from './unlabelled.ts';

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

/** What a run used, over all processes that worked on it: cost.json. */
export interface Cost {
  /** By problem, `segmentation` in all methods: updates, and images that they saw. */
  updates: Updates;
  /** By stage. */
  seconds: Record<string, number>;
}

/** What the caller sees of a run while it goes, and how it stops it. */
export interface Watcher {
  event(event: RunEvent): void;
  warn(text: string): void;
  /** Asked between steps: whether to store a checkpoint and stop. */
  interrupted(): boolean;
}

interface Work {
  config: TrainConfig;
  plan: Plan;
  data: RunData;
  pairs: RunPairs;
  sets: readonly TestSet[];
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
  using _threads = keepThreads();
  if (config.threads !== null) configure({ threads: config.threads });
  const data = await prepareData(config);
  const sets = await testSets(config, data);
  data.unlabelled = await unlabelledImages(config, data, sets);
  const engine = environment();
  let plan = makePlan(config, data, engine);
  plan.decisions.push(...checkModel(plan));
  using pairs = await loadPairs(data, plan);
  plan = tuned(plan, pairs, { config, cpu: engine.cpu });
  configure({ threads: plan.threads });
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
  return await execute(run, { config, plan, data, pairs, sets }, { watcher, started });
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
  using _threads = keepThreads();
  configure({ threads: plan.threads });
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
  const { config, plan, data, pairs, sets } = work;
  const { last, best } = run.paths.checkpoints;
  const unprofiled = config.profile && !existsSync(run.paths.profile.text);
  using profile = unprofiled ? profileRun(run.paths, plan) : null;
  using session = startSession(plan, pairs, profile?.observe);
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
    recorder.emit('stage', stepsDone(), { name: 'evaluate', steps: sets.length });
    const results: Record<string, SetResult> = {};
    using trained = loadModel(best, plan.device);
    await writeDomain(run.paths, trained, data);
    const groups = data.division.train.map(({ group }) => group);
    auditSynthesis(run.paths, session, { train: pairs.train, groups, trained, seed: plan.seed });
    for (const set of sets) {
      const options = { seed: plan.seed, fast: config.fastTest, interrupted: watcher.interrupted };
      const result = await evaluate(run.paths.root, trained, set, options);
      if (!result) return stop();
      results[set.name] = result;
      const { mean, ci95, cases } = result;
      recorder.emit('evaluation', stepsDone(), {
        set: set.name,
        dice: mean.dice,
        low: ci95.dice[0],
        high: ci95.dice[1],
        cases: cases.length,
      });
    }
    // Written last: a run that is called finished has all its files.
    const end = { reason: 'finished', message: 'finished', seconds: seconds() } as const;
    const time = new Date().toISOString();
    const ending: RunEvent = { id: 0, time, step: stepsDone(), type: 'end', data: end };
    const events = [...readEvents(run.paths.events), ending];
    const cost = { updates: progress.updates, seconds: stageSeconds(events) };
    writeJsonAtomic(run.paths.cost, cost);
    await writeReport([run.paths.root], run.paths.report, ending);
    writeModelCard(run.paths.root, ending);
    writeClaim(run.paths.root);
    recorder.emit('end', stepsDone(), end);
    return {
      run: run.paths.root,
      method: plan.method,
      seed: plan.seed,
      iterations: progress.train,
      seconds: seconds(),
      cost,
      sets: results,
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
  const { recipe, method, seed } = plan;
  const pretrain = { name: 'pretrain' as const, steps: recipe.gan.pretrainSteps };
  const stages = [
    ...(methodNamed(method).synthesises ? [pretrain] : []),
    { name: 'train' as const, steps: recipe.segmentation.steps },
  ];
  recorder.emit('start', 0, {
    method,
    seed,
    labels: pairs.train.count + pairs.validation.count,
    stages,
  });
  if (method !== 'genseg') return;
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
