import { expect, test } from 'vitest';
import { rowsInSight } from './visible-rows.ts';

const shape = { rowHeight: 50, window: 500, overscan: 2 };

test.each([
  ['at the top', 100, { first: 0, end: 10 }],
  ['scrolled into the table', -1000, { first: 18, end: 32 }],
  ['at its end', -24_600, { first: 490, end: 500 }],
  ['far past it', -99_999, { first: 500, end: 500 }],
  ['still below the window', 5000, { first: 0, end: 0 }],
])('%s', (_, above, rows) => {
  expect(rowsInSight(500, { ...shape, above })).toEqual(rows);
});

test('few rows are all rendered', () => {
  expect(rowsInSight(3, { ...shape, above: 0 })).toEqual({ first: 0, end: 3 });
});
