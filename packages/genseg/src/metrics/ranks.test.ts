import { expect, test } from 'vitest';
import { spearman } from './ranks.ts';

test('the same order is 1, the reverse -1, whatever the distances', () => {
  expect(spearman([1, 2, 3, 4], [0.1, 10, 11, 900])).toBe(1);
  expect(spearman([1, 2, 3], [9, 8, -100])).toBe(-1);
});

test('without ties it is 1 - 6 sum d^2 / (n (n^2 - 1))', () => {
  const [a, b] = [
    [3, 1, 4, 2, 5],
    [2, 1, 5, 4, 3],
  ];
  const squares = a.reduce((sum, rank, i) => sum + (rank - b[i]) ** 2, 0);
  expect(spearman(a, b)).toBeCloseTo(1 - (6 * squares) / (5 * 24), 12);
});

test('ties share their mean rank: the value of scipy.stats.spearmanr', () => {
  expect(spearman([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(0.9486832980505138, 12);
});

test('cases without a value are left out; no order on one side gives NaN', () => {
  expect(spearman([1, Number.NaN, 2, 3], [1, 5, 2, 3])).toBe(1);
  expect(spearman([1, 2, 3], [7, 7, 7])).toBeNaN();
});
