/** Synthetic pairs over time: mask, synthetic image, and the nearest real image beside it. */
import { useState } from 'react';
import { routes } from '../../api.ts';
import type { LiveRun } from './round-store.ts';

export function Filmstrip({ round, run }: { round: string; run: LiveRun }) {
  /** null: the newest, also of those to come. */
  const [place, setPlace] = useState<number | null>(null);
  const last = run.previews.length - 1;
  const shown = run.previews[Math.min(place ?? last, last)];
  return (
    <section className="card film" aria-labelledby="film">
      <img
        src={routes.preview(round, run.method, shown.value)}
        alt={`Masks, the synthetic images drawn for them, and the nearest real images, after ${shown.done} steps`}
      />
      <div className="stack">
        <h2 id="film">Synthetic pairs</h2>
        <p>
          Each row: a mask, the synthetic image drawn for it, and the real image that is nearest to
          it.
        </p>
        <p className="muted">
          They need not look perfect: the generator learns what helps the model. A synthetic image
          that equals the real one was learnt by heart.
        </p>
        {last > 0 && (
          <label className="field">
            After {shown.done} steps
            <input
              type="range"
              min={0}
              max={last}
              value={place ?? last}
              aria-valuetext={`after ${shown.done} steps`}
              onChange={({ target }) => {
                const next = Number(target.value);
                setPlace(next === last ? null : next);
              }}
            />
          </label>
        )}
      </div>
    </section>
  );
}
