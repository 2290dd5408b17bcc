/** The results of one round: the honest sentence, the number, the worst cases, all cases, and downloads. */
import { useState } from 'react';
import {
  type CaseRow,
  type MethodName,
  type RoundResults,
  type RunResults,
  routes,
} from '../../api.ts';
import { Note } from '../ui/note.tsx';
import { methodWords, setWords } from '../words/methods.ts';
import { CalibrationChart } from './calibration-chart.tsx';
import { CaseScoresTable } from './case-scores-table.tsx';
import { ScoreTable } from './score-table.tsx';
import { WorstCases } from './worst-cases.tsx';

export function RoundScores({
  results,
  rows,
}: {
  results: RoundResults;
  rows: readonly CaseRow[];
}) {
  const { round, runs, verdict } = results;
  const [method, setMethod] = useState<MethodName>();
  const [set, setSet] = useState<string>();
  const run = runs.find((one) => one.method === method) ?? runs.at(-1);
  if (!run) return <Note tone="open">This round has no results: no run of it came to an end.</Note>;
  const scores = run.sets.find((one) => one.set === set) ?? run.sets[0];
  return (
    <>
      <section className="card verdict" aria-label="What may be said">
        {verdict.split('\n').map((line) => (
          <p key={line}>{line}</p>
        ))}
      </section>
      <section className="card" aria-labelledby="scores">
        <h2 id="scores">Dice, with its 95 % interval</h2>
        <ScoreTable runs={runs} />
        <p className="muted small">
          1 is perfect overlap with your masks, 0 is none. The interval says where the mean would
          lie for other patients of the same kind.
        </p>
      </section>
      <div className="row pickers">
        <Picker
          label="Method"
          options={runs.map((one) => [one.method, methodWords(one.method).label])}
          value={run.method}
          onPick={(value) => setMethod(value as MethodName)}
        />
        <Picker
          label="Test set"
          options={run.sets.map((one) => [one.set, setWords(one)])}
          value={scores?.set}
          onPick={setSet}
        />
      </div>
      {scores ? (
        <>
          <WorstCases round={round} method={run.method} scores={scores} rows={rows} />
          <CaseScoresTable scores={scores} />
        </>
      ) : (
        <Note tone="open">{methodWords(run.method).label} was not tested.</Note>
      )}
      {run.calibration && (
        <CalibrationChart calibration={run.calibration} method={methodWords(run.method).label} />
      )}
      <Downloads round={round} run={run} />
      {run.decisions.length > 0 && (
        <details className="card">
          <summary>What was decided, and why</summary>
          <dl className="decisions">
            {run.decisions.map(({ name, value, reason }) => (
              <div key={name}>
                <dt>
                  {name}: <strong>{value}</strong>
                </dt>
                <dd className="muted">{reason}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

/** A choice among few, hidden where there is none. */
function Picker({
  label,
  options,
  value,
  onPick,
}: {
  label: string;
  options: readonly (readonly [value: string, words: string])[];
  value: string | undefined;
  onPick: (value: string) => void;
}) {
  if (options.length < 2) return null;
  return (
    <fieldset className="bare row">
      <legend className="small muted">{label}</legend>
      {options.map(([one, words]) => (
        <button
          key={one}
          type="button"
          className="button small"
          aria-pressed={one === value}
          onClick={() => onPick(one)}
        >
          {words}
        </button>
      ))}
    </fieldset>
  );
}

function Downloads({ round, run }: { round: string; run: RunResults }) {
  const { method } = run;
  return (
    <section className="card stack" aria-labelledby="downloads">
      <h2 id="downloads">Take it with you</h2>
      <div className="row">
        {run.report && (
          <a className="button" href={routes.report(round, method)} download>
            Report
          </a>
        )}
        {run.sets.length > 0 && (
          <a className="button" href={routes.scores(round, method)} download>
            Scores and overlays
          </a>
        )}
        {run.model && (
          <a className="button" href={routes.model(round, method)} download>
            Model
          </a>
        )}
        <span className="muted">
          The model is in safetensors, which PyTorch reads; the command line uses the run’s folder
          as it is.
        </span>
      </div>
    </section>
  );
}
