/**
 * What can be said of trust, as files: of a test set (eval/<set>/trust.json) how sure the model was of each
 * image and whether its probabilities are right, and of a generator (audit/audit.json) whether it copies
 * and keeps to its masks. Null: there is nothing to say.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { DataError } from '../errors.ts';
import { evaluationPaths, type RunPaths, writeJsonAtomic } from '../run/index.ts';

const caseSchema = z.object({
  id: z.string(),
  /** 0 (sure) to 1. */
  uncertainty: z.number(),
  predictedDice: z.number().nullable(),
  /** Above 1: unlike the training images. */
  novelty: z.number().nullable(),
});

const calibrationSchema = z.object({
  ece: z.number().nullable(),
  bins: z.array(z.object({ count: z.int(), probability: z.number(), frequency: z.number() })),
});

const setTrustSchema = z.object({
  cases: z.array(caseSchema),
  /** By class name. */
  calibration: z.record(z.string(), calibrationSchema),
});

const auditSchema = z.object({
  /** Distances are those of `nearestOf`. */
  synthetic: z.array(
    z.object({
      /** The training case whose warped mask it was drawn for. */
      maskOf: z.string(),
      nearest: z.string(),
      distance: z.number(),
      /** Null where all training images are of one group, so that there is no distance to measure by. */
      copied: z.boolean().nullable(),
      /** Of the mask it was drawn for and the trained segmenter's prediction; null where both are empty. */
      dice: z.number().nullable(),
    }),
  ),
  /** Each training image and the nearest of another group (a patient, duplicates). */
  real: z.array(z.object({ id: z.string(), nearest: z.string(), distance: z.number() })),
  /** Pairs of training images of one group, which were not compared; runs of before compared them. */
  leftOut: z.int().default(0),
});

export type CaseTrust = z.output<typeof caseSchema>;
export type SetTrust = z.output<typeof setTrustSchema>;
export type Audit = z.output<typeof auditSchema>;

export const writeSetTrust = (root: string, set: string, trust: SetTrust): void =>
  writeJsonAtomic(evaluationPaths(root, set).trust, trust);

export const writeAudit = ({ audit }: RunPaths, found: Audit): void =>
  writeJsonAtomic(audit.found, found);

/** Undefined for a set that was evaluated before there was such a file. */
export const readSetTrust = (root: string, set: string): SetTrust | undefined =>
  read(evaluationPaths(root, set).trust, setTrustSchema, 'genseg evaluate');

/** Undefined for a run without a generator. */
export const readAudit = ({ audit }: RunPaths): Audit | undefined =>
  read(audit.found, auditSchema, 'genseg resume');

function read<Schema extends z.ZodType>(path: string, schema: Schema, mend: string) {
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new DataError(`${path} is not what this version writes; write it anew with ${mend}`, {
      cause,
    });
  }
}
