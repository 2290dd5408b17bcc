import { expect, test } from 'vitest';
import { exactAxis, extent, linear, roundAxis } from './axis.ts';

test('a scale maps ends to ends, also of an empty domain', () => {
  const scale = linear([10, 20], [100, 0]);
  expect([10, 15, 20].map(scale)).toEqual([100, 50, 0]);
  expect(linear([3, 3], [0, 10])(3)).toBe(0);
});

test('the extent leaves out what is not finite', () => {
  expect(extent([3, Number.NaN, -1, Number.POSITIVE_INFINITY])).toEqual([-1, 3]);
  expect(extent([])).toEqual([0, 1]);
});

test.each([
  [[0, 400], 4, [0, 100, 200, 300, 400]],
  [[0, 1], 4, [0, 0.5, 1]],
  [[0.62, 0.94], 4, [0.7, 0.8, 0.9]],
  [[0.3, 0.35], 5, [0.3, 0.31, 0.32, 0.33, 0.34, 0.35]],
  [[-0.02, 0.03], 5, [-0.02, -0.01, 0, 0.01, 0.02, 0.03]],
  [[0, 0], 4, [0]],
] as const)('an exact axis of %j with about %i ticks', (domain, count, ticks) => {
  const axis = exactAxis(domain, count);
  expect(axis.domain).toEqual(domain);
  expect(axis.ticks.map(({ value }) => value)).toEqual(ticks);
});

test.each([
  [[0.62, 0.943], 4, [0.6, 0.7, 0.8, 0.9, 1]],
  [[0.39, 0.71], 4, [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]],
  [[0, 400], 4, [0, 100, 200, 300, 400]],
  [[-3, 17], 2, [-10, 0, 10, 20]],
  [[0.5, 0.5], 2, [0, 0.5, 1]],
  [[0, 0], 2, [0, 0.5]],
  [[-1, -1], 2, [-1.5, -1, -0.5]],
] as const)('a round axis of %j with about %i ticks', (domain, count, ticks) => {
  const axis = roundAxis(domain, count);
  expect(axis.domain).toEqual([ticks[0], ticks.at(-1)]);
  expect(axis.ticks.map(({ value }) => value)).toEqual(ticks);
});

test.each([
  [
    [1.288, 1.303],
    ['1.285', '1.290', '1.295', '1.300', '1.305'],
  ],
  [
    [-0.03, 0.02],
    ['−0.04', '−0.02', '0.00', '0.02'],
  ],
  [
    [0, 3e6],
    ['0', '1e6', '2e6', '3e6'],
  ],
  [
    [0, 3e-6],
    ['0', '1e-6', '2e-6', '3e-6'],
  ],
  [
    [100, 400],
    ['100', '200', '300', '400'],
  ],
] as const)('labels of %j tell neighbours apart', (domain, labels) => {
  expect(roundAxis(domain, 3).ticks.map(({ label }) => label)).toEqual(labels);
});
