/**
 * Wilcoxon's signed-rank test (1945), two-sided. Zero differences are dropped and tied ones share
 * their mean rank (scipy's `zero_method='wilcox'`). Up to 200 differences the p-value is exact, also
 * with ties: the distribution of the rank sum over all sign patterns of the ranks at hand. Beyond,
 * the normal approximation with the tie correction and without a continuity correction, as scipy's.
 */
import { meanRanks } from './ranks.ts';

export interface SignedRankTest {
  /** The smaller of the rank sums of the positive and of the negative differences. */
  readonly statistic: number;
  readonly pValue: number;
  /** Number of non-zero differences, on which the test rests. */
  readonly n: number;
  readonly method: 'exact' | 'normal';
}

const EXACT_LIMIT = 200;

/** Tests whether paired differences are symmetric about zero. With no non-zero one, p is 1. */
export function wilcoxonSignedRank(differences: readonly number[]): SignedRankTest {
  const nonZero = differences.filter((d) => d !== 0);
  const ranks = meanRanks(nonZero.map(Math.abs));
  const positive = sum(ranks.filter((_, i) => nonZero[i] > 0));
  const statistic = Math.min(positive, sum(ranks) - positive);
  const exact = nonZero.length <= EXACT_LIMIT;
  return {
    statistic,
    pValue: exact ? exactPValue(ranks, statistic) : normalPValue(ranks, statistic),
    n: nonZero.length,
    method: exact ? 'exact' : 'normal',
  };
}

/** 2 P(T <= statistic) when each rank is positive with probability 1/2, by dynamic programming. */
function exactPValue(ranks: readonly number[], statistic: number): number {
  const doubled = ranks.map((rank) => 2 * rank); // whole numbers, also with ties
  const probability = new Float64Array(sum(doubled) + 1);
  probability[0] = 1;
  let largest = 0;
  for (const rank of doubled) {
    largest += rank;
    for (let t = largest; t >= 0; t--) {
      probability[t] = (probability[t] + (t >= rank ? probability[t - rank] : 0)) / 2;
    }
  }
  return Math.min(1, 2 * sum(probability.subarray(0, 2 * statistic + 1)));
}

function normalPValue(ranks: readonly number[], statistic: number): number {
  const mean = sum(ranks) / 2;
  const variance = sum(ranks.map((rank) => rank * rank)) / 4; // the tie correction is in the ranks
  return complementaryError(Math.abs(statistic - mean) / Math.sqrt(2 * variance));
}

/** erfc(x) for x >= 0 to double precision: the series of erf below 2, the continued fraction above. */
function complementaryError(x: number): number {
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2) {
    let term = 2 * x;
    let series = term;
    for (let n = 1; term > 1e-17 * series; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      series += term;
    }
    return 1 - scale * series;
  }
  let fraction = x;
  for (let n = 100; n >= 1; n--) fraction = x + n / 2 / fraction;
  return scale / fraction;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};
