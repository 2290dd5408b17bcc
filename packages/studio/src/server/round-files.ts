/**
 * A round on disk: runs/<round>/ holds a run folder for each method, and round.json, what was asked for. A run that
 * the command line made is a round of one, its folder itself the run.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readRunConfig, runPaths, writeJsonAtomic } from 'genseg/run';
import { z } from 'zod';
import type { MethodName, TrainingOptions } from '../api.ts';

/** The cheapest first. */
export const methodSchema = z.enum(['plain', 'augment', 'separate', 'genseg']);

export const optionsSchema = z.object({
  methods: z
    .array(methodSchema)
    .min(1)
    .max(4)
    .refine((methods) => new Set(methods).size === methods.length, 'each method once'),
  model: z.enum(['unet', 'deeplabv3', 'resunet', 'swin-unet']),
  size: z.int().min(16).max(2048),
  preset: z.enum(['fast', 'standard', 'paper']),
  budget: z.number().positive().max(604_800).nullable(),
  iterations: z.int().min(1).max(1_000_000).nullable(),
  validation: z.int().min(1).max(10_000).nullable(),
  seed: z.int().min(0),
  testSets: z.array(z.string()).max(20),
});

const roundSchema = z.object({
  format: z.literal('genseg-round/1'),
  startedAt: z.string(),
  options: optionsSchema,
});

export type RoundRecord = z.output<typeof roundSchema>;

export interface RoundPaths {
  readonly folder: string;
  readonly record: string;
  /** Held by the process that trains. */
  readonly lock: string;
  /** Asks it to keep the best model when it is stopped, rather than to pause. */
  readonly finish: string;
  /** By method: why a run failed before it had a folder to say so in. */
  readonly failed: string;
  readonly log: string;
}

export function roundPaths(folder: string): RoundPaths {
  return {
    folder,
    record: join(folder, 'round.json'),
    lock: join(folder, 'round.lock'),
    finish: join(folder, 'finish'),
    failed: join(folder, 'failed.json'),
    log: join(folder, 'round.log'),
  };
}

export function writeRecord({ record }: RoundPaths, options: TrainingOptions): void {
  const startedAt = new Date().toISOString();
  writeJsonAtomic(record, { format: 'genseg-round/1', startedAt, options });
}

/** null where the round is not the studio's. */
export function readRecord({ record }: RoundPaths): RoundRecord | null {
  try {
    return roundSchema.parse(JSON.parse(readFileSync(record, 'utf8')));
  } catch {
    return null;
  }
}

export interface RunPlace {
  readonly method: MethodName;
  /** Absolute. */
  readonly folder: string;
}

/** The runs of a round in the order that was asked for. */
export function runsOf(paths: RoundPaths): RunPlace[] {
  const record = readRecord(paths);
  if (record) {
    return record.options.methods.map((method) => ({ method, folder: join(paths.folder, method) }));
  }
  const own = methodOf(paths.folder);
  if (own) return [{ method: own, folder: paths.folder }];
  if (!existsSync(paths.folder)) return [];
  return readdirSync(paths.folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const folder = join(paths.folder, name);
      const method = methodOf(folder);
      return method ? [{ method, folder }] : [];
    });
}

/** What a run folder trained; null where it is none. */
function methodOf(folder: string): MethodName | null {
  if (!existsSync(runPaths(folder).config)) return null;
  try {
    return readRunConfig(folder).settings.method?.value as MethodName;
  } catch {
    return null;
  }
}

/** When a round began: as it says, or by the age of its oldest file. */
export function startOf(paths: RoundPaths): string | null {
  const record = readRecord(paths);
  if (record) return record.startedAt;
  const [run] = runsOf(paths);
  const stat = run && statSync(runPaths(run.folder).config, { throwIfNoEntry: false });
  return stat ? stat.mtime.toISOString() : null;
}

export function readFailures({ failed }: RoundPaths): Record<string, string> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(failed, 'utf8')));
  } catch {
    return {};
  }
}
