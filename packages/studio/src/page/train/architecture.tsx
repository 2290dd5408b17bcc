/** How the generator's architecture is found: the weights of its candidates, level by level. */
import { useState } from 'react';
import { Chart } from '../ui/chart.tsx';
import { architectureLines, levelsByMovement } from './curves.ts';
import type { LiveRun } from './round-store.ts';

export function Architecture({ run }: { run: LiveRun }) {
  const levels = levelsByMovement(run);
  const [chosen, setChosen] = useState<string>();
  const level = chosen ?? levels[0]?.name;
  if (level === undefined) return null;
  return (
    <section className="card stack" aria-label="Architecture of the generator">
      <Chart
        title="Generator: weights of its candidates"
        xLabel="segmentation steps"
        lines={architectureLines(run, level)}
      />
      <label className="field">
        Level of the generator
        <select value={level} onChange={({ target }) => setChosen(target.value)}>
          {levels.map(({ name, moved }) => (
            <option key={name} value={name}>
              {name}, moved by {moved.toFixed(3)}
            </option>
          ))}
        </select>
        <small>The validation loss moves them: what helps the model gains weight.</small>
      </label>
    </section>
  );
}
