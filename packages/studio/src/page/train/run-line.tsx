/** One run of a round: what it is doing, how far it is, how long it takes. */
import type { RunSummary } from '../../api.ts';
import { duration, score, withInterval } from '../words/format.ts';
import { isAtWork, methodWords, stageWords } from '../words/methods.ts';
import type { LiveRun } from './round-store.ts';
import { StateTag } from './state-tag.tsx';

export function RunLine({
  run,
  live,
  over,
}: {
  run: RunSummary;
  live: LiveRun | undefined;
  /** Whether its round is at rest: what waits for its turn then waits in vain. */
  over: boolean;
}) {
  const { method, state } = run;
  // The stream is ahead of the summary while it runs.
  const progress = isAtWork(state) ? live?.progress : null;
  const stage = progress?.stage ?? run.stage;
  const done = progress?.done ?? run.done;
  const steps = progress?.steps ?? run.steps;
  const left = progress?.secondsLeft ?? run.secondsLeft;
  const best = live?.validation.reduce((most, { value }) => Math.max(most, value.dice), 0);
  const dice = best ?? run.validationDice;
  const moving = state === 'running' || state === 'stopping';
  return (
    <li>
      <div>
        <strong>{methodWords(method).label}</strong>{' '}
        <span className="muted small">{methodWords(method).sentence}</span>
      </div>
      <div className="row">
        {over && state === 'waiting' ? (
          <span className="tag">not trained</span>
        ) : (
          <StateTag state={state} />
        )}
        {dice !== null && dice !== undefined && dice > 0 && (
          <span className="figures">best on validation {score(dice)}</span>
        )}
        {run.scores.map(({ set, dice: mean, low, high }) => (
          <span key={set} className="figures">
            {set}: <strong>{withInterval(mean, [low, high])}</strong>
          </span>
        ))}
      </div>
      {moving && (
        <div className="going">
          <progress
            aria-label={`Progress of ${methodWords(method).label}`}
            value={done}
            max={Math.max(1, steps)}
          />
          <span className="small figures">
            {stageWords(stage)}
            {steps > 0 && `, step ${done} of ${steps}`}
            {left !== null && left !== undefined && `, about ${duration(left)} left`}
          </span>
        </div>
      )}
      {run.message && (
        <p className={state === 'failed' ? 'note bad' : 'small muted'}>{run.message}</p>
      )}
    </li>
  );
}
