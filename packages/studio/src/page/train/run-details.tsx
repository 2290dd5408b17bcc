/** What one run shows of itself: losses, synthetic pairs, the searched architecture, the self-check. */
import { Chart } from '../ui/chart.tsx';
import { methodWords } from '../words/methods.ts';
import { Architecture } from './architecture.tsx';
import { lossLines } from './curves.ts';
import { Filmstrip } from './filmstrip.tsx';
import type { LiveRun } from './round-store.ts';

export function RunDetails({ round, run }: { round: string; run: LiveRun }) {
  const charts = [
    {
      title: 'Loss of segmentation',
      x: 'segmentation steps',
      lines: lossLines(run, 'train', 'masks'),
    },
    {
      title: 'Losses of the generator, with feedback',
      x: 'segmentation steps',
      lines: lossLines(run, 'train', 'gan'),
      log: true,
    },
    {
      title: 'Losses of the generator, before',
      x: 'generator steps',
      lines: lossLines(run, 'pretrain', 'gan'),
      log: true,
    },
  ];
  const { label } = methodWords(run.method);
  return (
    <>
      {run.previews.length > 0 && <Filmstrip round={round} run={run} />}
      <div className="columns">
        {charts
          .filter(({ lines }) => lines.length > 0)
          .map(({ title, x, lines, log }) => (
            <section key={title} className="card" aria-label={`${title}, ${label}`}>
              <Chart title={title} xLabel={x} lines={lines} log={log} />
            </section>
          ))}
        {run.architecture.length > 0 && <Architecture run={run} />}
      </div>
      {run.selfcheck && (
        <details className="card">
          <summary>Self-check: {run.selfcheck.passed ? 'all passed' : 'something failed'}</summary>
          <ul className="plain stack tight">
            {run.selfcheck.checks.map(({ name, passed, value, explanation }) => (
              <li key={name}>
                <span className={passed ? 'tag good' : 'tag bad'}>
                  {passed ? 'passed' : 'failed'}
                </span>{' '}
                {explanation} <span className="muted small">({value})</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
