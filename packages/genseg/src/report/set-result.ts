/**
 * The scores of a run on one test set, as the command line prints them (`sets.<name>`) and as
 * eval/<set>/summary.json keeps them. A score is NaN where there is nothing to score; in JSON null.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { DataError } from '../errors.ts';
import { type MetricName, metricNames } from '../metrics/index.ts';
import { evaluationPaths } from '../run/index.ts';

const score = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const perMetric = <Schema extends z.ZodType>(schema: Schema) =>
  Object.fromEntries(metricNames.map((name) => [name, schema])) as Record<MetricName, Schema>;

const presence = z.enum(['both', 'missed', 'false', 'neither']);

const meansSchema = z.object({
  /** Over the cases with something to score. */
  mean: z.object(perMetric(score)),
  /** 95 % percentile bootstrap over patients. */
  ci95: z.object(perMetric(z.tuple([score, score]).readonly())),
  /** Number of cases with foreground in both masks, in one of them only, or in neither. */
  presence: z.record(presence, z.int()),
});

const caseScoresSchema = z.object({ presence, ...perMetric(score) });

const caseSchema = caseScoresSchema.extend({
  id: z.string(),
  patient: z.string().optional(),
  /** Of its image; of several files each, joined by +. Summaries of before lack it. */
  sha256: z.string().optional(),
  /** By class name, where there are several; the scores above are then their means. */
  classes: z.record(z.string(), caseScoresSchema).optional(),
});

export const setResultSchema = meansSchema.extend({
  /** The data set's folder; summaries of before lack it. */
  root: z.string().optional(),
  /** What makes its scores doubtful, in words, where there is something. */
  warnings: z.array(z.string()).optional(),
  /** Cases that the model was trained or validated on, where there are some. */
  seen: z.int().positive().optional(),
  cases: z.array(caseSchema),
  /** Of hd95 and assd, and of the tolerance of nsd. */
  unit: z.enum(['mm', 'px']),
  tolerance: z.number(),
  patients: z.int(),
  /** Fewer than ten patients: says so in words. */
  caution: z.string().optional(),
  /** By class name, where there are several; the means above are then over the classes of each case. */
  classes: z.record(z.string(), meansSchema).optional(),
});

export type SetResult = z.output<typeof setResultSchema>;
export type CaseResult = SetResult['cases'][number];

type CaseKey = Pick<CaseResult, 'id' | 'sha256'>;

/** Whether two results are of the same cases: the same ids and, where both know their images, the same images. */
export function sameCases(a: readonly CaseKey[], b: readonly CaseKey[]): boolean {
  const known = new Map(a.map(({ id, sha256 }) => [id, sha256]));
  return (
    a.length === b.length &&
    b.every(({ id, sha256 }) => {
      const other = known.get(id);
      return known.has(id) && (!other || !sha256 || other === sha256);
    })
  );
}

/** Whether two results are known to be of the same cases by their images, so that the names of the sets need not agree. */
export function sameImages(a: readonly CaseKey[], b: readonly CaseKey[]): boolean {
  return [...a, ...b].every(({ sha256 }) => sha256) && sameCases(a, b);
}

/** The result on a set, undefined where the run was not evaluated on it. */
export function readSetResult(root: string, set: string): SetResult | undefined {
  const { summary } = evaluationPaths(root, set);
  if (!existsSync(summary)) return undefined;
  try {
    return z.object({ genseg: setResultSchema }).parse(JSON.parse(readFileSync(summary, 'utf8')))
      .genseg;
  } catch (cause) {
    throw new DataError(
      `${summary} is not a summary of this version; write it anew with genseg evaluate`,
      { cause },
    );
  }
}
