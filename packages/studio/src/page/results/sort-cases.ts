/** The order of cases in the table. */
import type { CaseScores, MetricName } from '../../api.ts';

export interface Order {
  readonly by: MetricName | 'id';
  readonly descending: boolean;
}

/** Metrics where less is better. */
export const isDistance = (metric: MetricName): boolean => metric === 'hd95' || metric === 'assd';

/** A first click on a column shows its worst first; a second one turns it round. */
export const orderAfter = (order: Order, by: Order['by']): Order =>
  order.by === by
    ? { by, descending: !order.descending }
    : { by, descending: by !== 'id' && isDistance(by) };

/** Cases without a value come last, whichever way round. */
export function sortCases(cases: readonly CaseScores[], { by, descending }: Order): CaseScores[] {
  const sign = descending ? -1 : 1;
  return [...cases].sort((a, b) => {
    if (by === 'id') return sign * a.id.localeCompare(b.id, 'en', { numeric: true });
    const [x, y] = [a[by], b[by]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y) || a.id.localeCompare(b.id, 'en', { numeric: true });
  });
}
