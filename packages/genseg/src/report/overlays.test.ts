import { expect, test } from 'vitest';
import { extremes, overlayFile } from './overlays.ts';
import type { CaseResult } from './set-result.ts';

test.each([
  ['lung-01_a.b', 'lung-01_a.b.png'],
  ['Röntgen 胸部', 'Röntgen 胸部.png'],
  ['a/b', 'a%2fb.png'],
  ['a%2fb', 'a%252fb.png'],
  ['..', '...png'],
  ['<q?>*"', '%3cq%3f%3e%2a%22.png'],
])('the overlay of %s is %s', (id, file) => {
  expect(overlayFile(id)).toBe(file);
});

const cases = (...dice: number[]) =>
  dice.map((value, i) => ({ id: String(i), dice: value }) as CaseResult);
const ids = (found: CaseResult[]) => found.map(({ id }) => id).join('');

test('extremes are ranked from their end, without cases that have no score', () => {
  const { worst, best } = extremes(cases(0.5, Number.NaN, 0.9, 0.1, 0.7, 0.8), 2);
  expect([ids(worst), ids(best)]).toEqual(['30', '25']);
});

test('few cases are not shown twice', () => {
  const { worst, best } = extremes(cases(0.5, 0.9, 0.1), 2);
  expect([ids(worst), ids(best)]).toEqual(['20', '1']);
  expect(extremes([], 3)).toEqual({ worst: [], best: [] });
});
