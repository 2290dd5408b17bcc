/** One number against another in 0..1, a dot for each case, and the diagonal where both are alike. */
import { type Html, html } from '../page/html.ts';
import { exactAxis, linear } from './axis.ts';
import { px } from './line-chart.ts';

export interface Dot {
  readonly x: number;
  readonly y: number;
  /** A CSS value. */
  readonly colour: string;
  /** A ring instead of a disc. */
  readonly hollow?: boolean;
}

const [width, height] = [340, 240];
const margin = { left: 42, right: 10, top: 8, bottom: 30 };

/** @param chart.low where both axes begin. */
export function scatterPlot(chart: {
  /** What is to be seen, for those who cannot see it. */
  description: string;
  dots: readonly Dot[];
  low: number;
  /** What x is. */
  unit: string;
}): Html {
  const { description, dots, low, unit } = chart;
  const axis = exactAxis([low, 1], 5);
  const [right, bottom] = [width - margin.right, height - margin.bottom];
  const x = (value: number) => px(linear(axis.domain, [margin.left, right])(value));
  const y = (value: number) => px(linear(axis.domain, [bottom, margin.top])(value));
  return html`<svg class="chart scatter" viewBox="0 0 ${width} ${height}" role="img" aria-label="${description}">
${axis.ticks.map(
  ({
    value,
    label,
  }) => html`<line class="rule" x1="${margin.left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/>
<text x="${margin.left - 7}" y="${Number(y(value)) + 3.5}" text-anchor="end">${label}</text>
<text x="${x(value)}" y="${bottom + 14}" text-anchor="middle">${label}</text>
`,
)}<text x="${right}" y="${height - 3}" text-anchor="end">${unit}</text>
<line class="reference" x1="${x(low)}" y1="${y(low)}" x2="${x(1)}" y2="${y(1)}"/>
${dots.map(
  (dot) =>
    html`<circle cx="${x(dot.x)}" cy="${y(dot.y)}" r="3" style="--line:${dot.colour}"${dot.hollow && html` class="hollow"`}/>
`,
)}</svg>`;
}
