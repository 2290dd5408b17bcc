/** What a trained model does for the painter: a first guess to correct, and which image is worth painting next. */
import { type ModelRef, routes, type Suggestions } from '../../api.ts';
import { request, sendJson } from '../net/request.ts';
import { useAction } from '../net/use-action.ts';
import { Failure } from '../ui/note.tsx';
import type { EditedCase } from './use-case.ts';

export function ModelHelp({
  id,
  opened,
  model,
  painted,
  ranks,
  suggestions,
  onSuggestions,
}: {
  id: string;
  opened: EditedCase;
  model: ModelRef;
  /** Whether there is a mask already. */
  painted: boolean;
  /** Whether there are other images to choose among. */
  ranks: boolean;
  suggestions: Suggestions | undefined;
  onSuggestions: (value: Suggestions) => void;
}) {
  const prefill = useAction(async () => {
    const response = await request(routes.prefill(id), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(model),
    });
    const guess = await opened.coder.decode(await response.blob());
    opened.editor.replace(guess.pixels);
  });
  const ask = useAction(async () =>
    onSuggestions(await sendJson<Suggestions>('POST', routes.suggestions, model)),
  );
  const running = suggestions?.state === 'running';
  return (
    <section className="stack" aria-label="Help from the model">
      <button type="button" className="button" disabled={prefill.busy} onClick={prefill.run}>
        {prefill.busy ? 'The model looks …' : 'Pre-fill with the model'}
      </button>
      <p className="small muted">
        {painted
          ? 'Its mask takes the place of yours; undo brings yours back.'
          : 'A first mask to correct.'}{' '}
        Model of {model.round}.
      </p>
      {ranks && (
        <button type="button" className="button" disabled={ask.busy || running} onClick={ask.run}>
          {running ? 'Ranking the images …' : 'Rank by uncertainty'}
        </button>
      )}
      {prefill.error && <Failure message={prefill.error} />}
      {ask.error && <Failure message={ask.error} />}
      {suggestions?.state === 'failed' && (
        <Failure message={suggestions.error ?? 'The ranking failed.'} />
      )}
    </section>
  );
}
