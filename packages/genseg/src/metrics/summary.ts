/**
 * The scores of a class over the cases of a test set: means, bootstrap intervals over patients, and
 * how many cases could not be scored, were missed, or were found where there was nothing.
 */

import type { Random } from '../random.ts';
import { type BootstrapOptions, bootstrapMeans, caution, type Interval } from './bootstrap.ts';
import {
  type ClassMetrics,
  type MetricName,
  metricNames,
  type Presence,
  perMetric,
  type Scores,
} from './case.ts';

/** What is known of one class in one case. */
export interface ScoredCase {
  readonly id: string;
  /** Cases of one patient are resampled together; absent: every case is its own patient. */
  readonly patient?: string;
  readonly metrics: ClassMetrics;
}

export interface Summary {
  /** All cases by where the class is. Those with the class in `neither` mask are not in the means. */
  readonly presence: Record<Presence, number>;
  /** The patients of the cases that are in the means. */
  readonly patients: number;
  readonly mean: Scores;
  /** 95 % percentile bootstrap over patients. */
  readonly ci95: Record<MetricName, Interval>;
  /** Fewer than ten patients: says so in words. */
  readonly caution?: string;
}

/** Summarises the cases of one class; NaN means where no case can be scored. */
export function summarise(
  cases: readonly ScoredCase[],
  random: Random,
  options: BootstrapOptions = {},
): Summary {
  const presence: Record<Presence, number> = { both: 0, missed: 0, false: 0, neither: 0 };
  for (const { metrics } of cases) presence[metrics.presence]++;

  const scored = cases.filter(({ metrics }) => metrics.presence !== 'neither');
  const patients = scored.map(({ id, patient = id }) => patient);
  const rows = scored.map(({ metrics }) => metricNames.map((name) => metrics[name]));
  const intervals = bootstrapMeans(rows, patients, random, options);
  const patientCount = new Set(patients).size;
  return {
    presence,
    patients: patientCount,
    mean: perMetric((_, c) => rows.reduce((total, row) => total + row[c], 0) / rows.length),
    ci95: perMetric((_, c) => intervals[c] ?? [Number.NaN, Number.NaN]),
    caution: caution(scored.length, patientCount),
  };
}
