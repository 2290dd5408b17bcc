/** A trained model at work: `genseg predict` as a child process, and its answer. */
import { existsSync } from 'node:fs';
import { runPaths } from 'genseg/run';
import { z } from 'zod';
import type { ModelRef } from '../api.ts';
import { notFound, RequestError } from './errors.ts';
import { errorOf, gensegProgram, runNode } from './genseg.ts';
import { runsOf } from './round-files.ts';
import type { Rounds } from './rounds.ts';

export const modelSchema = z.object({ round: z.string(), method: z.string() });

const predictedSchema = z.object({
  written: z.array(
    z.object({
      image: z.string(),
      mask: z.string(),
      uncertainty: z.number().nullable(),
      classes: z.record(z.string(), z.object({ pixels: z.int(), areaMm2: z.number().nullable() })),
    }),
  ),
  failed: z.array(z.object({ image: z.string(), error: z.string() })),
  /** Masks beside their images. */
  skipped: z.array(z.string()),
});

export type Predicted = z.output<typeof predictedSchema>;

/** The run folder of a model. @throws RequestError where there is none. */
export function modelFolder(rounds: Rounds, { round, method }: ModelRef): string {
  const run = runsOf(rounds.paths(round)).find((one) => one.method === method);
  if (!run) throw notFound(`Run ${method} of ${round}`);
  if (existsSync(runPaths(run.folder).bestModel)) return run.folder;
  throw new RequestError(409, `${round} has no model yet; train it to its end, or stop it`);
}

export interface PredictRequest {
  /** Run folder. */
  readonly model: string;
  /** Files, or one folder of files. */
  readonly inputs: readonly string[];
  readonly out: string;
  /** Masks alone, several times as fast. */
  readonly fast?: boolean;
  /** mm per pixel. */
  readonly spacing?: number | null;
}

/** @throws RequestError where nothing could be predicted. */
export async function predict({
  model,
  inputs,
  out,
  fast = false,
  spacing = null,
}: PredictRequest): Promise<Predicted> {
  const ended = await runNode(gensegProgram(), [
    ...['predict', model, ...inputs, '--out', out, '--json'],
    ...(fast ? ['--fast'] : []),
    ...(spacing === null ? [] : ['--spacing', String(spacing)]),
  ]);
  // With an unreadable image among others it fails, and yet has done the others.
  if (!ended.stdout.startsWith('{')) throw new RequestError(422, errorOf(ended));
  return predictedSchema.parse(JSON.parse(ended.stdout));
}

/** Predicted masks of two classes are 0 and 255; the studio's are class ids. */
export const asIds = (values: Uint8Array, classes: number): Uint8Array =>
  classes > 2 ? values : values.map((value) => (value > 0 ? 1 : 0));
