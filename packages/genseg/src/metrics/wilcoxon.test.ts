import { expect, test } from 'vitest';
import { wilcoxonSignedRank } from './wilcoxon.ts';

test('differences of one sign have the smallest p-value there is, 2 / 2^n', () => {
  const differences = Array.from({ length: 12 }, (_, i) => i + 1);
  expect(wilcoxonSignedRank(differences)).toEqual({
    statistic: 0,
    pValue: 2 / 2 ** 12,
    n: 12,
    method: 'exact',
  });
});

test('the sign of all differences does not matter', () => {
  const differences = [3, -1, 2, 5, -4, 7];
  expect(wilcoxonSignedRank(differences.map((d) => -d))).toEqual(wilcoxonSignedRank(differences));
});

test('zeros are dropped, and none but zeros give p = 1', () => {
  expect(wilcoxonSignedRank([0, 1, 2, 0, -3])).toEqual(wilcoxonSignedRank([1, 2, -3]));
  expect(wilcoxonSignedRank([0, 0])).toEqual({ statistic: 0, pValue: 1, n: 0, method: 'exact' });
});

test('the exact and the normal p-value meet at the limit', () => {
  const differences = Array.from({ length: 201 }, (_, i) => (i % 12 < 5 ? -1 : 1) * (i + 1));
  const exact = wilcoxonSignedRank(differences.slice(1)); // all but the smallest rank
  const normal = wilcoxonSignedRank(differences);
  expect([exact.method, normal.method]).toEqual(['exact', 'normal']);
  expect(normal.pValue / exact.pValue).toBeGreaterThan(0.9);
  expect(normal.pValue / exact.pValue).toBeLessThan(1.1);
});
