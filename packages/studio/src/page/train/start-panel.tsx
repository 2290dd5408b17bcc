/** The one button, what it would do in words, and the presets; all other options are folded away. */
import { useState } from 'react';
import { type Round, routes, type TrainingOptions, type TrainingPreset } from '../../api.ts';
import { sendJson } from '../net/request.ts';
import { useAction } from '../net/use-action.ts';
import { useResource } from '../net/use-resource.ts';
import { hrefTo } from '../route.ts';
import { Failure, Note } from '../ui/note.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { duration } from '../words/format.ts';
import { OptionFields } from './option-fields.tsx';
import { usePlan } from './use-plan.ts';

export function StartPanel({ onStart }: { onStart: (round: Round) => void }) {
  const presets = useResource<TrainingPreset[]>(routes.presets);
  const [edited, setEdited] = useState<{ preset: string; options: TrainingOptions }>();
  const first = presets.value?.[0];
  const chosen = edited ?? (first && { preset: first.name, options: first.options });
  const { plan, error } = usePlan(chosen?.options);
  const start = useAction(async (options: TrainingOptions) =>
    onStart(await sendJson<Round>('POST', routes.rounds, options)),
  );
  if (!presets.value || !chosen)
    return presets.error ? (
      <Failure message={presets.error} retry={presets.reload} />
    ) : (
      <Waiting what="the presets" />
    );
  const ready = plan !== undefined && plan.obstacles.length === 0;
  return (
    <section className="card stack start" aria-labelledby="start">
      <h2 id="start">A new round</h2>
      <fieldset className="bare presets">
        <legend className="visually-hidden">How thorough</legend>
        {presets.value.map((preset) => (
          <label key={preset.name} className="preset">
            <input
              type="radio"
              name="preset"
              checked={chosen.preset === preset.name}
              onChange={() => setEdited({ preset: preset.name, options: preset.options })}
            />
            <strong>{preset.name}</strong>
            <span className="muted">{preset.summary}</span>
          </label>
        ))}
      </fieldset>
      <div className="plan" aria-live="polite">
        {error && <Failure message={error} />}
        {!plan && !error && <Waiting what="the plan" />}
        {plan && (
          <>
            <ul>
              {plan.sentences.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
            {plan.obstacles.length > 0 && (
              <Note tone="bad">
                {plan.obstacles.map((line) => (
                  <p key={line}>{line}</p>
                ))}
                <a href={hrefTo('data')}>Go to the data</a>
              </Note>
            )}
            {plan.warnings.map((line) => (
              <Note key={line} tone="open">
                {line}
              </Note>
            ))}
          </>
        )}
      </div>
      <div className="row">
        <button
          type="button"
          className="button primary large"
          disabled={!ready || start.busy}
          onClick={() => start.run(chosen.options)}
        >
          {start.busy ? 'Starting …' : 'Train'}
        </button>
        {plan?.seconds != null && (
          <span className="muted">
            At most about {duration(plan.seconds)}. You may close this page meanwhile.
          </span>
        )}
      </div>
      {start.error && <Failure message={start.error} />}
      <details>
        <summary>All options</summary>
        <OptionFields
          options={chosen.options}
          onChange={(options) => setEdited({ preset: chosen.preset, options })}
        />
      </details>
    </section>
  );
}
