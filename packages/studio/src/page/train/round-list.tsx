/** All rounds, the newest first, with where they stand. */
import type { Round, RunSummary } from '../../api.ts';
import { hrefTo } from '../route.ts';
import { moment, score, withInterval } from '../words/format.ts';
import { isAlive, methodWords } from '../words/methods.ts';
import { StateTag } from './state-tag.tsx';

export function RoundList({ rounds }: { rounds: readonly Round[] }) {
  return (
    <section className="card" aria-labelledby="rounds">
      <h2 id="rounds">Rounds</h2>
      <div className="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Round</th>
              <th scope="col">State</th>
              <th scope="col">Methods</th>
              <th scope="col">Labelled images</th>
              <th scope="col">Dice</th>
              <th scope="col">
                <span className="visually-hidden">Open</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rounds.map((round) => (
              <tr key={round.name}>
                <th scope="row">
                  {round.name}
                  <small className="muted"> {round.startedAt ? moment(round.startedAt) : ''}</small>
                </th>
                <td>
                  <StateTag state={round.state} />
                </td>
                <td>{round.runs.map(({ method }) => methodWords(method).label).join(', ')}</td>
                <td>
                  {round.labels ? round.labels.train.length + round.labels.validation.length : '–'}
                </td>
                <td className="figures">{bestOf(round.runs)}</td>
                <td>
                  <Open round={round} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The test score of the last method with its interval; before there is one, the validation Dice. */
function bestOf(runs: readonly RunSummary[]): string {
  const tested = runs.findLast(({ scores }) => scores.length > 0)?.scores[0];
  if (tested) return withInterval(tested.dice, [tested.low, tested.high]);
  const validated = runs.findLast(({ validationDice }) => validationDice !== null);
  return validated ? `${score(validated.validationDice)} on validation` : '–';
}

function Open({ round: { name, state } }: { round: Round }) {
  const hidden = <span className="visually-hidden">{name}</span>;
  if (isAlive(state))
    return (
      <a className="button small" href={hrefTo('train', name)}>
        Watch {hidden}
      </a>
    );
  return (
    <>
      <a className="button small" href={hrefTo('results', name)}>
        Results {hidden}
      </a>{' '}
      <a className="button quiet small" href={hrefTo('train', name)}>
        Curves {hidden}
      </a>
    </>
  );
}
