/** Curves over training: Dice and loss on the validation cases, and every loss by stage. */
import { eventsOf } from '../run-record.ts';
import { lineChart, type Series } from '../svg/line-chart.ts';
import { type Content, html } from './html.ts';
import { legend, type PageRun, section } from './page-run.ts';

export function curves(runs: readonly PageRun[]): Content {
  const charts = new Map<string, Series[]>();
  for (const run of runs) {
    for (const [title, points] of curvesOf(run)) {
      const series = { name: run.label, colour: run.colour, points };
      charts.set(title, [...(charts.get(title) ?? []), series]);
    }
  }
  if (charts.size === 0) return null;
  return section(
    'Training',
    'The curves end in a dot at their last value. MODEL_CARD.md of a run says which weights are kept.',
    html`${legend(runs)}
<div class="grid">${[...charts].map(
      ([title, series]) => html`<figure><figcaption>${title}</figcaption>
${lineChart({ description: `${title} over steps: ${series.map(({ name }) => name).join(', ')}`, series, unit: 'steps' })}
</figure>
`,
    )}</div>`,
  );
}

/** Points by the title of their chart; what is trained last is what matters and comes first. */
function curvesOf(run: PageRun): Map<string, [number, number][]> {
  const found = new Map<string, [number, number][]>();
  const add = (title: string, step: number, value: number | null) =>
    found.set(title, [...(found.get(title) ?? []), [step, value ?? Number.NaN]]);
  for (const { data } of eventsOf(run, 'validation')) {
    add('Validation Dice', data.done, data.dice);
    add('Validation loss', data.done, data.loss);
  }
  const progress = eventsOf(run, 'progress').map(({ data }) => data);
  for (const [stage, suffix] of [
    ['train', ''],
    ['pretrain', ', pre-training'],
  ]) {
    for (const { done, losses } of progress.filter((data) => data.stage === stage)) {
      for (const [name, loss] of Object.entries(losses)) {
        add(`${name.charAt(0).toUpperCase()}${name.slice(1)} loss${suffix}`, done, loss);
      }
    }
  }
  // A run that was killed may tell at its end of a validation that came before others.
  for (const points of found.values()) points.sort(([a], [b]) => a - b);
  return found;
}
