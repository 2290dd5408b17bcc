/** A line chart that grows (uPlot), in the page's colours, with its values in words for those who cannot see it. */
import { useEffect, useId, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';

export interface Line {
  readonly label: string;
  /** A custom property of the page, such as `--run-genseg`. */
  readonly colour: `--${string}`;
  readonly dash?: readonly number[];
  /** Whether every point is marked. */
  readonly dots?: boolean;
  /** By ascending x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export function Chart({
  title,
  xLabel,
  lines,
  range,
  log = false,
  height = 220,
  values = true,
}: {
  title: string;
  xLabel: string;
  lines: readonly Line[];
  /** Of y; without it, as the values are. */
  range?: readonly [number, number];
  /** Whether y is logarithmic. */
  log?: boolean;
  height?: number;
  /** Whether the legend tells each line's last value. */
  values?: boolean;
}) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const heading = useId();
  const theme = useThemeName();
  const shape = lines.map(({ label, colour }) => `${label} ${colour}`).join('|');
  const data = useRef(lines);
  data.current = lines;

  useEffect(() => {
    void shape;
    void theme;
    const element = holder.current!;
    const colour = colours(element);
    const axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--rule'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui, sans-serif',
    };
    const made = new uPlot(
      {
        width: Math.max(100, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { y: false, points: { show: false } },
        scales: {
          x: { time: false },
          y: { ...(range && { range: [range[0], range[1]] }), distr: log ? 3 : 1 },
        },
        axes: [
          { ...axis, label: xLabel, labelSize: 18, labelFont: axis.font, size: 28 },
          { ...axis, size: 46 },
        ],
        series: [
          {},
          ...data.current.map((line) => ({
            label: line.label,
            stroke: colour(line.colour),
            width: 2,
            dash: line.dash ? [...line.dash] : undefined,
            spanGaps: true,
            points: { show: line.dots || line.points.length === 1 },
          })),
        ],
      },
      aligned(data.current),
      element,
    );
    plot.current = made;
    const sized = new ResizeObserver(() =>
      made.setSize({ width: Math.max(100, element.clientWidth), height }),
    );
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, theme, height, xLabel, range, log]);

  useEffect(() => {
    plot.current?.setData(aligned(lines));
  }, [lines]);

  return (
    <figure className="chart" aria-labelledby={heading}>
      <figcaption id={heading}>
        <strong>{title}</strong>
        <ul className="plain legend">
          {lines.map(({ label, colour, points }) => (
            <li key={label}>
              <i style={{ background: `var(${colour})` }} /> {label}{' '}
              {values && (
                <span className="figures muted">{points.at(-1)?.[1].toPrecision(3) ?? '–'}</span>
              )}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={holder} aria-hidden="true" />
    </figure>
  );
}

/** uPlot wants one list of x for all lines. */
function aligned(lines: readonly Line[]): uPlot.AlignedData {
  if (lines.length === 0) return [[]];
  return uPlot.join(
    lines.map(
      ({ points }): uPlot.AlignedData => [points.map(([x]) => x), points.map(([, y]) => y)],
    ),
  );
}

function colours(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(name).trim();
}

/** Lines on a canvas do not follow a change of theme by themselves. */
function useThemeName(): string {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? '');
  useEffect(() => {
    const watch = new MutationObserver(() =>
      setTheme(document.documentElement.dataset.theme ?? ''),
    );
    watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => watch.disconnect();
  }, []);
  return theme;
}
