/** Predictions made before, the newest first. */
import type { Prediction } from '../../api.ts';
import { hrefTo } from '../route.ts';
import { moment, plural } from '../words/format.ts';
import { methodWords } from '../words/methods.ts';

const words: Record<Prediction['state'], string> = {
  ...{ open: 'not begun', running: 'running', finished: 'finished', failed: 'failed' },
};

export function PredictionList({ predictions }: { predictions: readonly Prediction[] }) {
  return (
    <section className="card" aria-labelledby="predictions">
      <h2 id="predictions">Earlier predictions</h2>
      <ul className="plain stack tight">
        {predictions.map(({ id, createdAt, images, model, state }) => (
          <li key={id} className="row">
            <a href={hrefTo('use', id)}>
              {plural(images, 'image')}, {moment(createdAt)}
            </a>
            <span className="muted">
              {methodWords(model.method).label} of {model.round}, {words[state]}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
