/** Small plots for the cells of a table, all on one axis: scores of cases, and intervals. */
import { type Html, html } from '../page/html.ts';
import { type Axis, linear } from './axis.ts';
import { px } from './line-chart.ts';

const width = 210;
const inset = 8;
const scale = ({ domain }: Axis) => linear(domain, [inset, width - inset]);

export interface Strip {
  /** In words: what the plot shows. */
  readonly description: string;
  readonly axis: Axis;
  readonly colour: string;
  /** A dot each. */
  readonly values?: readonly number[];
  readonly mean: number;
  readonly interval: readonly [low: number, high: number];
}

/** The mean as a line across, its interval as a bar, and every case as a dot. */
export function strip({ description, axis, colour, values = [], mean, interval }: Strip): Html {
  const at = (value: number) => px(scale(axis)(value));
  const known = [mean, ...interval].every(Number.isFinite);
  const dots = values.filter(Number.isFinite);
  return html`<svg class="strip" viewBox="0 0 ${width} 30" role="img" aria-label="${description}" style="--line:${colour}">
${axis.domain[0] < 0 && axis.domain[1] > 0 && html`<line class="zero" x1="${at(0)}" x2="${at(0)}" y1="0" y2="30"/>`}
${dots.map((value, i) => html`<circle cx="${at(value)}" cy="${px(15 + jitter(i))}" r="2.4"/>`)}
${known && html`<line class="interval" x1="${at(interval[0])}" x2="${at(interval[1])}" y1="15" y2="15"/>`}
${Number.isFinite(mean) && html`<line class="mean" x1="${at(mean)}" x2="${at(mean)}" y1="5" y2="25"/>`}
</svg>`;
}

/** The axis below such plots. */
export function stripAxis(axis: Axis): Html {
  const at = (value: number) => px(scale(axis)(value));
  return html`<svg class="strip axis" viewBox="0 0 ${width} 18" role="presentation">
<line x1="${inset}" x2="${width - inset}" y1="1" y2="1"/>
${axis.ticks.map(
  ({ value, label }) =>
    html`<line x1="${at(value)}" x2="${at(value)}" y1="1" y2="4"/><text x="${at(value)}" y="15" text-anchor="middle">${label}</text>`,
)}
</svg>`;
}

/** Heights between -8 and 8 that look random and are the same each time: the golden ratio's multiples. */
const jitter = (i: number): number => 16 * (((i + 1) * 0.618034) % 1) - 8;
