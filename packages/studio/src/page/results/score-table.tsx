/** Mean Dice with its interval, a row for each method and a column for each test set. */
import type { RunResults } from '../../api.ts';
import { plural, withInterval } from '../words/format.ts';
import { methodWords, setWords } from '../words/methods.ts';

export function ScoreTable({ runs }: { runs: readonly RunResults[] }) {
  const sets = new Map(runs.flatMap((run) => run.sets).map((set) => [set.set, set]));
  return (
    <div className="wide">
      <table className="scores">
        <thead>
          <tr>
            <th scope="col">Method</th>
            {[...sets.values()].map((set) => (
              <th key={set.set} scope="col">
                {setWords(set)}
                <small className="muted">
                  {' '}
                  {plural(set.cases.length, 'image')}, {plural(set.patients, 'patient')}
                </small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.method}>
              <th scope="row">
                {methodWords(run.method).label}
                <small className="muted"> {methodWords(run.method).sentence}</small>
              </th>
              {[...sets.keys()].map((name) => {
                const set = run.sets.find((one) => one.set === name);
                return (
                  <td key={name}>
                    {set ? <Value dice={set.mean.dice} ci={set.ci95.dice} /> : '–'}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Value({
  dice,
  ci: [low, high],
}: {
  dice: number | null;
  ci: readonly [number | null, number | null];
}) {
  return (
    <div className="value">
      <span className="figures">{withInterval(dice, [low, high])}</span>
      {dice !== null && low !== null && high !== null && (
        <svg viewBox="0 0 100 10" aria-hidden="true" preserveAspectRatio="none">
          <rect className="track" x="0" y="4" width="100" height="2" />
          <rect
            className="span"
            x={100 * low}
            y="2"
            width={Math.max(0.8, 100 * (high - low))}
            height="6"
          />
          <rect className="mean" x={100 * dice - 0.5} y="0" width="1" height="10" />
        </svg>
      )}
    </div>
  );
}
