/**
 * A run folder: where each of its files lies, how it begins, and who may write to it. What the files
 * hold is the business of those who write them; nothing of a run is stored anywhere else.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError, DataError } from '../errors.ts';
import {
  isTemporary,
  recoverFolder,
  removeTemporaryFiles,
  writeJsonAtomic,
  writing,
} from './atomic.ts';
import { acquireLock, guardOf } from './lock.ts';
import type { JsonObject, RunConfig, Settings } from './types.ts';

/** The weights of a segmentation model, in any folder that holds one. */
export const modelFile = 'model.safetensors';

/** The paths of a run folder. */
export interface RunPaths {
  readonly root: string;
  /** The options, and where each came from. */
  readonly config: string;
  readonly environment: string;
  /** What was seen in the data. */
  readonly fingerprint: string;
  /** What was decided, each with its reason. */
  readonly plan: string;
  /** The user's own model as it was when the run began, where there is one. */
  readonly model: string;
  /** The model's first weights, where the user gave some. */
  readonly weights: string;
  readonly manifest: string;
  readonly splits: string;
  /** The manifest of the unlabelled images, where the method sees some. */
  readonly unlabelled: string;
  readonly events: string;
  /** Updates and images of each network, seconds of each stage. */
  readonly cost: string;
  readonly metrics: string;
  /** Folders. */
  readonly checkpoints: { readonly last: string; readonly best: string };
  /** In the folder of the best checkpoint; a model that can be used is there once this is. */
  readonly bestModel: string;
  /** What the images are like that the model knows. */
  readonly domain: string;
  /** Folder. */
  readonly previews: string;
  /** Synthetic pairs examined: what was found, and pictures. */
  readonly audit: { readonly found: string; readonly pictures: string };
  /** Where the time went, as text, and as a trace of events. */
  readonly profile: { readonly text: string; readonly trace: string };
  readonly report: string;
  readonly modelCard: string;
  /** The CLAIM checklist, as far as the run knows. */
  readonly claim: string;
  readonly lock: string;
}

export function runPaths(root: string): RunPaths {
  return {
    root,
    config: join(root, 'config.json'),
    environment: join(root, 'environment.json'),
    fingerprint: join(root, 'fingerprint.json'),
    plan: join(root, 'plan.json'),
    model: join(root, 'model.pt'),
    weights: join(root, 'weights.safetensors'),
    manifest: join(root, 'manifest.json'),
    splits: join(root, 'splits.json'),
    unlabelled: join(root, 'unlabelled.json'),
    events: join(root, 'events.jsonl'),
    cost: join(root, 'cost.json'),
    metrics: join(root, 'metrics.csv'),
    checkpoints: {
      last: join(root, 'checkpoints', 'last'),
      best: join(root, 'checkpoints', 'best'),
    },
    bestModel: join(root, 'checkpoints', 'best', modelFile),
    domain: join(root, 'domain.json'),
    previews: join(root, 'previews'),
    audit: {
      found: join(root, 'audit', 'audit.json'),
      pictures: join(root, 'audit', 'nearest.png'),
    },
    profile: { text: join(root, 'profile.md'), trace: join(root, 'profile.trace.json') },
    report: join(root, 'report.html'),
    modelCard: join(root, 'MODEL_CARD.md'),
    claim: join(root, 'CLAIM.md'),
    lock: join(root, 'run.lock'),
  };
}

/** The paths of the evaluation on one test set. */
export interface EvaluationPaths {
  readonly folder: string;
  readonly cases: string;
  readonly summary: string;
  /** How far the scores and the probabilities can be trusted. */
  readonly trust: string;
  /** Folder. */
  readonly overlays: string;
}

/** @param set the name of the test set, a plain folder name. */
export function evaluationPaths(root: string, set: string): EvaluationPaths {
  if (!/^[^/\\]+$/.test(set) || set === '.' || set === '..') {
    throw new ConfigError(`A test set cannot be named "${set}"; use a plain folder name`);
  }
  const folder = join(root, 'eval', set);
  return {
    folder,
    cases: join(folder, 'cases.csv'),
    summary: join(folder, 'summary.json'),
    trust: join(folder, 'trust.json'),
    overlays: join(folder, 'overlays'),
  };
}

/** The options of an existing run. Takes no lock: reading is free at any time. */
export function readRunConfig(root: string): RunConfig {
  const path = runPaths(root).config;
  if (!existsSync(path)) {
    throw new DataError(
      `${root} is not a run folder, it has no config.json; give the --out of a run`,
    );
  }
  const config = parseJson(path);
  if (!isRunConfig(config)) {
    throw new DataError(`${path} is not that of a run; give the --out of a run`);
  }
  return config;
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new DataError(`${path} is not JSON; restore the file or start a new run`, { cause });
  }
}

const isRunConfig = (value: unknown): value is RunConfig =>
  typeof value === 'object' &&
  value !== null &&
  'format' in value &&
  value.format === 'genseg-run/1';

/**
 * A run folder that this process alone may write to, until disposed.
 *
 *     using run = RunFolder.create('runs/lungs', settings);
 *     writeJsonAtomic(run.paths.plan, plan);
 */
export class RunFolder implements Disposable {
  readonly paths: RunPaths;
  readonly config: RunConfig;
  readonly #lock: Disposable;

  private constructor(root: string, lock: Disposable, config: RunConfig) {
    this.paths = runPaths(root);
    this.config = config;
    this.#lock = lock;
  }

  /** Starts a run in a folder that is new or empty, by writing config.json. */
  static create(root: string, settings: Settings<JsonObject>): RunFolder {
    const paths = runPaths(root);
    if (existsSync(root) && !statSync(root).isDirectory()) {
      throw new ConfigError(`${root} is a file; choose a new folder for the run`);
    }
    writing(root, () => mkdirSync(root, { recursive: true }));
    const lock = acquireLock(paths.lock);
    try {
      refuseOccupied(root);
      const config: RunConfig = { format: 'genseg-run/1', settings };
      writeJsonAtomic(paths.config, config);
      return new RunFolder(root, lock, config);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** Opens an existing run to continue it, and sweeps what a crash left of unfinished writes. */
  static open(root: string): RunFolder {
    const config = readRunConfig(root);
    const { lock: lockFile, checkpoints } = runPaths(root);
    const lock = acquireLock(lockFile);
    removeTemporaryFiles(root);
    for (const folder of Object.values(checkpoints)) recoverFolder(folder);
    return new RunFolder(root, lock, config);
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}

function refuseOccupied(root: string): void {
  const { config, lock } = runPaths(root);
  const locks = [lock, guardOf(lock)].map((path) => basename(path));
  const entries = readdirSync(root).filter(
    (name) => !locks.includes(name) && !isTemporary(name), // those of another that asks for the lock
  );
  if (entries.includes(basename(config))) {
    throw new ConfigError(
      `${root} holds a run; continue it with \`genseg resume ${root}\`, or choose another folder`,
    );
  }
  if (entries.length > 0) {
    throw new ConfigError(
      `${root} holds other files, such as ${entries[0]}; choose a new or empty folder for the run`,
    );
  }
  removeTemporaryFiles(root);
}
