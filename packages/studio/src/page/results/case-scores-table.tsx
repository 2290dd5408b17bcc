/** Every case with all its scores; a click on a column sorts by it. */
import { useState } from 'react';
import type { MetricName, SetScores } from '../../api.ts';
import { score } from '../words/format.ts';
import { isDistance, type Order, orderAfter, sortCases } from './sort-cases.ts';

export function CaseScoresTable({ scores }: { scores: SetScores }) {
  const [order, setOrder] = useState<Order>({ by: 'dice', descending: false });
  const titles: Record<MetricName, string> = {
    ...{ dice: 'Dice', jaccard: 'Jaccard', precision: 'Precision', recall: 'Recall' },
    ...{
      hd95: `HD95, ${scores.unit}`,
      assd: `ASSD, ${scores.unit}`,
      nsd: `NSD at 2 ${scores.unit}`,
    },
  };
  const metrics = Object.keys(titles) as MetricName[];
  const head = (by: Order['by'], words: string, className?: string) => (
    <th
      key={by}
      scope="col"
      className={className}
      aria-sort={order.by === by ? (order.descending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" className="sort" onClick={() => setOrder(orderAfter(order, by))}>
        {words}
        <span aria-hidden="true">{order.by === by ? (order.descending ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
  return (
    <details className="card">
      <summary>Every image</summary>
      <div className="wide">
        <table>
          <thead>
            <tr>
              {head('id', 'Image')}
              {metrics.map((metric) => head(metric, titles[metric], 'number'))}
            </tr>
          </thead>
          <tbody>
            {sortCases(scores.cases, order).map((one) => (
              <tr key={one.id}>
                <th scope="row">{one.id}</th>
                {metrics.map((metric) => (
                  <td key={metric} className="number">
                    {isDistance(metric) ? (one[metric]?.toFixed(1) ?? '–') : score(one[metric])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="muted small">
        Precision: how much of what was found is right. Recall: how much of your mask was found.
        HD95 and ASSD: how far the borders lie apart, at worst and on average. NSD: share of the
        border within 2 {scores.unit}. A dash: neither mask holds anything.
      </p>
    </details>
  );
}
