/** Step 5: new images in; masks, overlays and areas out. */
import { useState } from 'react';
import { type Prediction, type Round, routes } from '../../api.ts';
import { useProjectEvents } from '../net/project-events.ts';
import { useResource } from '../net/use-resource.ts';
import { models } from '../results/newest-model.ts';
import { go, hrefTo } from '../route.ts';
import { DropArea } from '../ui/drop-area.tsx';
import { Failure, Note } from '../ui/note.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { plural, score } from '../words/format.ts';
import { methodWords } from '../words/methods.ts';
import { PredictionList } from './prediction-list.tsx';
import { PredictionView } from './prediction-view.tsx';
import { usePredict } from './use-predict.ts';
import './use.css';

export function UsePage({ id }: { id: string | null }) {
  const rounds = useResource<Round[]>(routes.rounds);
  const predictions = useResource<Prediction[]>(routes.predictions);
  useProjectEvents({
    prediction: predictions.reload,
    round: rounds.reload,
    again: predictions.reload,
  });
  const [chosen, setChosen] = useState(0);
  const predict = usePredict((made) => {
    predictions.reload();
    go('use', made.id);
  });
  if (!rounds.value)
    return rounds.error ? (
      <Failure message={rounds.error} retry={rounds.reload} />
    ) : (
      <Waiting what="the models" />
    );
  const all = models(rounds.value);
  const model = all[Math.min(chosen, all.length - 1)];
  const earlier = predictions.value?.filter((one) => one.id !== id) ?? [];
  const busy = predict.state.kind === 'sending';
  return (
    <div className="stack">
      <PageHead title="Use">
        New images of the same kind get their masks, overlays and areas.
      </PageHead>
      {model ? (
        <section className="card stack" aria-label="New images">
          {all.length > 1 && (
            <label className="row">
              Model
              <select value={chosen} onChange={({ target }) => setChosen(Number(target.value))}>
                {all.map(({ round, method, validationDice }, i) => (
                  <option key={`${round} ${method}`} value={i}>
                    {methodWords(method).label} of {round}
                    {validationDice !== null && `, ${score(validationDice)} on validation images`}
                  </option>
                ))}
              </select>
            </label>
          )}
          <DropArea
            label="Drop new images here"
            hint={`${methodWords(model.method).label} of ${model.round} finds their masks, on this computer.`}
            disabled={busy}
            onFiles={(files) => predict.start({ round: model.round, method: model.method }, files)}
          />
          {predict.state.kind === 'sending' && (
            <div className="stack" role="status">
              <progress
                aria-label="Images received"
                value={predict.state.progress.done}
                max={Math.max(1, predict.state.progress.total)}
              />
              <span>
                {predict.state.progress.done} of {plural(predict.state.progress.total, 'file')}
              </span>
            </div>
          )}
          {predict.state.kind === 'failed' && <Failure message={predict.state.message} />}
          {predict.skipped.length > 0 && (
            <Note tone="open">
              {predict.skipped.map(({ path, reason }) => (
                <p key={path}>
                  Left out: {path} ({reason})
                </p>
              ))}
            </Note>
          )}
        </section>
      ) : (
        <Note>
          There is no model yet. <a href={hrefTo('train')}>Train one first.</a>
        </Note>
      )}
      {id !== null && <PredictionView key={id} id={id} onRemoved={predictions.reload} />}
      {earlier.length > 0 && <PredictionList predictions={earlier} />}
    </div>
  );
}
