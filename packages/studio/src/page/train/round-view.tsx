/** A round while it trains, or as it was: where it stands, its curves, and what may be done with it. */
import { useState } from 'react';
import { type MethodName, type Round, routes } from '../../api.ts';
import { sendJson } from '../net/request.ts';
import { useAction } from '../net/use-action.ts';
import { go, hrefTo } from '../route.ts';
import { Chart } from '../ui/chart.tsx';
import { Failure, Note } from '../ui/note.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { list, moment, plural } from '../words/format.ts';
import { isAtWork, methodWords } from '../words/methods.ts';
import { validationLines } from './curves.ts';
import { RunDetails } from './run-details.tsx';
import { RunLine } from './run-line.tsx';
import { StateTag } from './state-tag.tsx';
import { useRound } from './use-round.ts';

const shares = [0, 1] as const;

export function RoundView({ name, onChange }: { name: string; onChange: () => void }) {
  const { round, live, attached, accept } = useRound(name);
  const [chosen, setChosen] = useState<MethodName>();
  const act = useAction(async (path: string) => {
    accept(await sendJson<Round>('POST', path));
    onChange();
  });
  const remove = useAction(async () => {
    await sendJson('DELETE', routes.round(name));
    onChange();
    go('train');
  });
  if (!round)
    return attached ? (
      <Waiting what={name} />
    ) : (
      <Failure
        message={`${name} cannot be read now; the page tries again by itself. Is the studio still running?`}
      />
    );
  const order = round.runs.map(({ method }) => method).filter((method) => live.has(method));
  const busy = round.runs.filter(({ state }) => isAtWork(state));
  const first = busy.find(({ state }) => state !== 'waiting') ?? busy[0];
  const current = chosen ?? first?.method ?? order.at(-1);
  const run = current && live.get(current);
  const lines = validationLines(live, order);
  return (
    <div className="stack">
      <PageHead title={name} actions={<Actions round={round} busy={act.busy} run={act.run} />}>
        <StateTag state={round.state} /> {aboutRound(round)}
      </PageHead>
      {!attached && (
        <Note tone="open">
          The studio does not answer. Training goes on without it; this page looks again by itself.
        </Note>
      )}
      {act.error && <Failure message={act.error} />}
      {remove.error && <Failure message={remove.error} />}
      <section className="card" aria-label="Methods of this round">
        <ul className="plain runs">
          {round.runs.map((one) => (
            <RunLine
              key={one.method}
              run={one}
              live={live.get(one.method)}
              over={!isAtWork(round.state)}
            />
          ))}
        </ul>
      </section>
      {lines.length > 0 && (
        <section className="card" aria-label="Validation">
          <Chart
            title="Dice on the validation images"
            xLabel="segmentation steps"
            lines={lines}
            range={shares}
          />
          <p className="muted small">
            1 is perfect overlap with your masks. These images choose the best model, so the final
            number is measured on others.
          </p>
        </section>
      )}
      {order.length > 1 && (
        <fieldset className="bare row">
          <legend className="visually-hidden">Method to look into</legend>
          {order.map((method) => (
            <button
              key={method}
              type="button"
              className="button small"
              aria-pressed={method === current}
              onClick={() => setChosen(method)}
            >
              {methodWords(method).label}
            </button>
          ))}
        </fieldset>
      )}
      {run && <RunDetails round={name} run={run} />}
      {!isAtWork(round.state) && (
        <p>
          <button
            type="button"
            className="button quiet"
            disabled={remove.busy}
            onClick={remove.run}
          >
            Move this round to the project’s trash
          </button>
        </p>
      )}
    </div>
  );
}

function Actions({
  round,
  busy,
  run,
}: {
  round: Round;
  busy: boolean;
  run: (path: string) => Promise<boolean>;
}) {
  const { name, state, runs } = round;
  const ask = (words: string, path: string, primary = false) => (
    <button
      type="button"
      className={primary ? 'button primary' : 'button'}
      disabled={busy || state === 'stopping'}
      onClick={() => run(path)}
    >
      {words}
    </button>
  );
  return (
    <>
      {isAtWork(state) && ask('Pause', routes.pause(name))}
      {(state === 'paused' || state === 'killed') && ask('Resume', routes.resume(name), true)}
      {(isAtWork(state) || state === 'paused' || state === 'killed') &&
        ask('Stop and keep the best', routes.stop(name))}
      {runs.some(({ scores }) => scores.length > 0) && (
        <a
          className={state === 'finished' ? 'button primary' : 'button'}
          href={hrefTo('results', name)}
        >
          See the results
        </a>
      )}
      <a className="button quiet" href={hrefTo('train')}>
        All rounds
      </a>
    </>
  );
}

function aboutRound({ startedAt, labels }: Round): string {
  const begun = startedAt ? `Started ${moment(startedAt)}.` : '';
  if (!labels) return begun;
  const { train, validation, test, added, changed } = labels;
  const used = `${plural(train.length, 'image')} train, ${validation.length} validate, ${test.length} test.`;
  // Of a first round all are new.
  const first = added.length >= train.length + validation.length;
  const news = [
    added.length > 0 && !first ? `${added.length} new` : '',
    changed.length > 0 ? `${changed.length} repainted` : '',
  ].filter((part) => part !== '');
  const since = news.length > 0 ? `Since the round before: ${list(news)}.` : '';
  return [begun, used, since].join(' ').trim();
}
