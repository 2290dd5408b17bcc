import { expect, test } from 'vitest';
import { lineChart } from './line-chart.ts';

const chart = (points: [number, number][], rest = {}) =>
  lineChart({
    description: 'Dice <by> step',
    series: [{ name: 'A & B', colour: 'var(--a)', points }],
    unit: 'steps',
    ...rest,
  }).text;
const paths = (svg: string) => [...svg.matchAll(/ d="([^"]*)"/g)].map(([, d]) => d);

test('the line goes from corner to corner of its domain and ends in a dot', () => {
  const svg = chart([
    [0, 0],
    [100, 1],
  ]);
  expect(paths(svg)).toEqual(['M42 170L330 8']);
  expect(svg).toContain('<circle cx="330" cy="8"');
  expect(svg).toContain('<title>A &#38; B</title>');
  expect(svg).toContain('aria-label="Dice &#60;by&#62; step"');
});

test('a value that is missing leaves a gap', () => {
  const svg = chart([
    [0, 0],
    [25, 1],
    [50, Number.NaN],
    [75, 0],
    [100, 1],
  ]);
  expect(paths(svg)).toEqual(['M42 170L114 8M258 170L330 8']);
});

test('nothing to draw leaves the axes, a single value a dot', () => {
  expect(paths(chart([]))).toEqual([]);
  expect(paths(chart([[3, Number.NaN]]))).toEqual([]);
  expect(chart([[0, 0.5]])).toContain('<circle');
  for (const svg of [chart([]), chart([[0, 0.5]])]) expect(svg).not.toMatch(/NaN|Infinity/);
});

test('a domain and a reference can be given', () => {
  const svg = chart([[1, 0.5]], { y: [0, 1], reference: 0.5 });
  expect(svg).toMatch(/class="reference"[^>]*y1="89"/);
});
