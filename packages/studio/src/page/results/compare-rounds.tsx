/** Rounds beside each other: what more labels brought. */
import type { Comparison } from '../../api.ts';
import { hrefTo } from '../route.ts';
import { Note } from '../ui/note.tsx';
import { withInterval } from '../words/format.ts';
import { methodWords } from '../words/methods.ts';

export function CompareRounds({
  comparison: { rows, comparable, sentence, set },
  current,
}: {
  comparison: Comparison;
  current: string;
}) {
  if (new Set(rows.map(({ round }) => round)).size < 2) return null;
  return (
    <section className="card stack" aria-labelledby="compare">
      <h2 id="compare">Rounds compared{set && set !== 'test' ? ` on ${set}` : ''}</h2>
      {comparable ? <p>{sentence}</p> : <Note tone="open">{sentence}</Note>}
      <div className="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Round</th>
              <th scope="col">Method</th>
              <th scope="col" className="number">
                Labelled
              </th>
              <th scope="col" className="number">
                New
              </th>
              <th scope="col" className="number">
                Repainted
              </th>
              <th scope="col" className="number">
                Dice
              </th>
              <th scope="col" className="number">
                Test images
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.round} ${row.method}`}>
                <th scope="row">
                  <a
                    href={hrefTo('results', row.round)}
                    aria-current={row.round === current ? 'true' : undefined}
                  >
                    {row.round}
                  </a>
                </th>
                <td>{methodWords(row.method).label}</td>
                <td className="number">{row.labels}</td>
                <td className="number">{row.added}</td>
                <td className="number">{row.changed}</td>
                <td className="number">{withInterval(row.dice, [row.low, row.high])}</td>
                <td className="number">{row.cases}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
