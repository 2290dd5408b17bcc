/** The searched generator: the weights of each level's candidates over training, and how far they moved. */
import { short } from '../format.ts';
import { eventsOf } from '../run-record.ts';
import { extent } from '../svg/axis.ts';
import { lineChart } from '../svg/line-chart.ts';
import { type Content, type Html, html } from './html.ts';
import { type PageRun, section } from './page-run.ts';

export function architecture(runs: readonly PageRun[]): Content {
  const searched = runs.filter((run) => eventsOf(run, 'architecture').length > 0);
  if (searched.length === 0) return null;
  return section(
    'Architecture of the generator',
    'At every level several convolutions are mixed; the validation loss of the segmentation model moves ' +
      'their weights. All begin near the dashed line, where they are equal.',
    searched.map(
      (run) => html`${searched.length > 1 && html`<h3>${run.label}</h3>`}
${levels(run)}`,
    ),
  );
}

const colourOf = (candidate: number) => `var(--run-${[3, 1, 2, 4, 5, 0][candidate % 6]})`;

function levels(run: PageRun): Html {
  const events = eventsOf(run, 'architecture').map(({ data }) => data);
  const { candidates, levels: last } = events.at(-1)!;
  const weights = events.flatMap(({ levels }) => levels.flatMap((level) => level.weights));
  const range = extent([1 / candidates.length, ...weights]);
  return html`<p class="legend">${candidates.map((name, c) => html`<span class="run"><i style="background:${colourOf(c)}"></i>${name}</span>`)}</p>
<div class="grid small">${last.map(({ name, moved, hypergradient }, l) => {
    const series = candidates.map((candidate, c) => ({
      name: candidate,
      colour: colourOf(c),
      points: events.map(({ done, levels }) => [done, levels[l].weights[c]] as const),
    }));
    return html`<figure><figcaption>${name} <small>moved ${short(moved)}, gradient ${short(hypergradient)}</small></figcaption>
${lineChart({
  description: `Weights of ${candidates.join(', ')} at ${name} over steps`,
  series,
  unit: 'steps',
  width: 230,
  height: 130,
  y: range,
  reference: 1 / candidates.length,
})}
</figure>
`;
  })}</div>`;
}
