/** Ranks with ties, and Spearman's correlation of them (1904): whether two scores order cases alike. */

/** Ranks from 1, equal values sharing the mean of their ranks. */
export function meanRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]] === values[order[first]]) end++;
    for (let k = first; k < end; k++) ranks[order[k]] = (first + 1 + end) / 2;
    first = end;
  }
  return ranks;
}

/** From -1 (reverse order) to 1 (the same order); NaN where one side has no order. Pairs with NaN are left out. */
export function spearman(first: readonly number[], second: readonly number[]): number {
  const known = first.map((_, i) => i).filter((i) => !Number.isNaN(first[i] + second[i]));
  const ranks = [first, second].map((values) => meanRanks(known.map((i) => values[i])));
  const middle = (known.length + 1) / 2;
  const product = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, rank, i) => sum + (rank - middle) * (b[i] - middle), 0);
  const [a, b] = ranks;
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}
