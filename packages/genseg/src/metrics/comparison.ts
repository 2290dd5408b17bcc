/**
 * Paired comparison of two models on the same cases: the mean difference with its bootstrap interval
 * over patients, and Wilcoxon's signed-rank test of the patients' mean differences. Several
 * comparisons are corrected with `holm`.
 */

import { DataError } from '../errors.ts';
import type { Random } from '../random.ts';
import {
  type BootstrapOptions,
  bootstrapMeans,
  caution,
  type Interval,
  totalsByPatient,
} from './bootstrap.ts';
import { type SignedRankTest, wilcoxonSignedRank } from './wilcoxon.ts';

/** One score of one case; NaN where the case cannot be scored. */
export interface CaseScore {
  readonly id: string;
  /** Absent: every case is its own patient. */
  readonly patient?: string;
  readonly value: number;
}

export interface Comparison {
  /** Cases that both models could be scored on. */
  readonly cases: number;
  readonly patients: number;
  /** Mean over cases of the first model's score minus the second's. */
  readonly difference: number;
  /** 95 % percentile bootstrap over patients. */
  readonly ci95: Interval;
  readonly test: SignedRankTest;
  /** Fewer than ten patients: says so in words. */
  readonly caution?: string;
}

/** Compares two models by one metric on the same cases, in any order. */
export function compare(
  first: readonly CaseScore[],
  second: readonly CaseScore[],
  random: Random,
  options: BootstrapOptions = {},
): Comparison {
  const secondById = new Map(second.map(({ id, value }) => [id, value]));
  const unpaired = first.find(({ id }) => !secondById.has(id));
  if (unpaired || secondById.size !== first.length) {
    throw new DataError(
      `A paired comparison needs the same cases on both sides, got ${first.length} and ` +
        `${secondById.size}${unpaired ? `, with "${unpaired.id}" on the first only` : ''}; ` +
        'evaluate both models on the same test set',
    );
  }
  const pairs = first
    .map(({ id, patient = id, value }) => ({ patient, difference: value - secondById.get(id)! }))
    .filter(({ difference }) => !Number.isNaN(difference));
  const patients = pairs.map(({ patient }) => patient);
  const rows = pairs.map(({ difference }) => [difference]);
  const [ci95 = [Number.NaN, Number.NaN]] = bootstrapMeans(rows, patients, random, options);
  const patientMeans = totalsByPatient(rows, patients).map(({ sums, cases }) => sums[0] / cases);
  return {
    cases: pairs.length,
    patients: patientMeans.length,
    difference: rows.reduce((total, [d]) => total + d, 0) / rows.length,
    ci95,
    test: wilcoxonSignedRank(patientMeans),
    caution: caution(pairs.length, patientMeans.length),
  };
}

/**
 * Holm's step-down correction (1979): the p-values of a family of comparisons, adjusted so that the
 * chance of one false finding among them stays below the level. In the order given.
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]));
    adjusted[i] = largest;
  }
  return adjusted;
}
