/** Percentiles with linear interpolation between order statistics (numpy's default, Hyndman-Fan 7). */

/** The middle of values in any order, in their unit: of an even count the mean of the middle two; NaN of none. */
export const median = (values: readonly number[]): number =>
  percentile(
    values.toSorted((a, b) => a - b),
    50,
  );

/** The percentile `percent` (0 to 100) of values sorted in increasing order; NaN of none. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
