/** A line chart as inline SVG. Colours are CSS values, so that the page's theme decides them. */
import { type Content, type Html, html } from '../page/html.ts';
import { type Domain, exactAxis, extent, linear, roundAxis } from './axis.ts';

export interface Series {
  readonly name: string;
  readonly colour: string;
  /** Gaps where y is not finite. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  /** What is to be seen, for those who cannot see it. */
  readonly description: string;
  readonly series: readonly Series[];
  /** What x counts. */
  readonly unit: string;
  readonly width?: number;
  readonly height?: number;
  /** What the y axis must cover; by default the series. */
  readonly y?: Domain;
  /** A dashed horizontal line. */
  readonly reference?: number;
}

const margin = { left: 42, right: 10, top: 8, bottom: 30 };

export function lineChart({
  description,
  series,
  unit,
  width = 340,
  height = 200,
  y,
  reference,
}: LineChart): Html {
  const points = series.flatMap((one) => one.points);
  const xAxis = exactAxis(extent([0, ...points.map(([x]) => x)]), width / 90);
  const yAxis = roundAxis(y ?? extent(points.map(([, value]) => value)), height / 45);
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const atX = linear(xAxis.domain, [margin.left, right]);
  const atY = linear(yAxis.domain, [bottom, margin.top]);
  const horizontal = (value: number, name: string) =>
    html`<line class="${name}" x1="${margin.left}" x2="${right}" y1="${px(atY(value))}" y2="${px(atY(value))}"/>`;
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${description}">
${yAxis.ticks.map(
  ({ value, label }) => html`${horizontal(value, 'rule')}
<text x="${margin.left - 7}" y="${px(atY(value) + 3.5)}" text-anchor="end">${label}</text>
`,
)}${xAxis.ticks.map(
  ({ value, label }) =>
    html`<text x="${px(atX(value))}" y="${bottom + 14}" text-anchor="middle">${label}</text>
`,
)}<text class="unit" x="${right}" y="${height - 3}" text-anchor="end">${unit}</text>
${reference !== undefined && horizontal(reference, 'reference')}
${series.map((one) => line(one, ([x, value]) => [px(atX(x)), px(atY(value))]))}
</svg>`;
}

type Point = Series['points'][number];

/** A path, interrupted where a value is missing, and a dot at its last value. */
function line({ name, colour, points }: Series, at: (point: Point) => [string, string]): Content {
  const last = points.findLast(([, value]) => Number.isFinite(value));
  if (!last) return null;
  const path = points.map((point, i) => {
    if (!Number.isFinite(point[1])) return '';
    const joined = i > 0 && Number.isFinite(points[i - 1][1]);
    return `${joined ? 'L' : 'M'}${at(point).join(' ')}`;
  });
  const [cx, cy] = at(last);
  return html`<g style="--line:${colour}"><title>${name}</title><path d="${path.join('')}"/><circle cx="${cx}" cy="${cy}" r="2.6"/></g>
`;
}

/** A coordinate, to a tenth of a pixel. */
export const px = (value: number): string => String(Math.round(value * 10) / 10);
