import { expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { Random } from '../random.ts';
import { compare, holm } from './comparison.ts';

const scores = (values: Record<string, number>) =>
  Object.entries(values).map(([id, value]) => ({ id, value }));

test('pairs by id, in whatever order', () => {
  const first = scores({ a: 0.9, b: 0.8, c: 0.7 });
  const second = scores({ c: 0.6, a: 0.5, b: 0.6 });
  const comparison = compare(first, second, new Random(1));
  expect(comparison.difference).toBeCloseTo((0.4 + 0.2 + 0.1) / 3, 14);
  expect(comparison.ci95[0]).toBeCloseTo(0.1, 14);
  expect(comparison.ci95[1]).toBeCloseTo(0.4, 14);
  expect(comparison.test.pValue).toBe(2 / 2 ** 3);
  expect(comparison).toMatchObject({ cases: 3, patients: 3 });
  expect(comparison.caution).toContain('Only 3 scored cases from 3 patients');
});

test('tests patients, not cases: repeated cases of a patient add no evidence', () => {
  const first = ['a', 'b', 'c', 'd'].flatMap((patient, p) =>
    [0, 1, 2].map((k) => ({ id: `${patient}${k}`, patient, value: 0.5 + 0.1 * p })),
  );
  const second = first.map(({ id }) => ({ id, value: 0.4 }));
  const comparison = compare(first, second, new Random(2));
  expect(comparison).toMatchObject({ cases: 12, patients: 4 });
  expect(comparison.test.n).toBe(4);
  expect(comparison.test.pValue).toBe(2 / 2 ** 4);
});

test('cases without a score on either side are left out', () => {
  const first = scores({ a: 0.9, b: Number.NaN, c: 0.7 });
  const second = scores({ a: 0.5, b: 0.6, c: Number.NaN });
  expect(compare(first, second, new Random(3))).toMatchObject({ cases: 1, patients: 1 });
});

test('refuses different cases on the two sides', () => {
  const pair = () => compare(scores({ a: 1, b: 1 }), scores({ a: 1, x: 1 }), new Random(4));
  expect(pair).toThrow(DataError);
  expect(pair).toThrow(/"b" on the first only/);
  expect(() => compare(scores({ a: 1 }), scores({ a: 1, b: 1 }), new Random(4))).toThrow(/1 and 2/);
});

test("Holm's correction multiplies by the hypotheses left and never decreases", () => {
  // By hand: .005 x 4, .01 x 3, .03 x 2, then .04 x 1 raised to its predecessor's .06.
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  for (const [i, expected] of [0.03, 0.06, 0.06, 0.02].entries()) {
    expect(adjusted[i]).toBeCloseTo(expected, 14);
  }
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
