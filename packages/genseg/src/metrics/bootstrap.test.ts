import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { bootstrapMeans, caution } from './bootstrap.ts';

/** A standard normal draw (Box and Muller). */
const normal = (random: Random) =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

const ownPatients = (n: number) => Array.from({ length: n }, (_, i) => `patient ${i}`);

test('the interval of a large sample is mean -+ 1.96 standard errors', () => {
  const random = new Random(1);
  const rows = Array.from({ length: 1000 }, () => [normal(random), 5 + 3 * normal(random)]);
  const intervals = bootstrapMeans(rows, ownPatients(1000), new Random(2), { resamples: 4000 });
  for (const [column, [low, high]] of intervals.entries()) {
    const values = rows.map((row) => row[column]);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const error = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0)) / values.length;
    expect(Math.abs((low - mean) / error + 1.96)).toBeLessThan(0.15);
    expect(Math.abs((high - mean) / error - 1.96)).toBeLessThan(0.15);
  }
});

test('about 95 of 100 intervals cover the true mean', () => {
  const random = new Random(3);
  let covered = 0;
  for (let experiment = 0; experiment < 400; experiment++) {
    const rows = Array.from({ length: 40 }, () => [normal(random)]);
    const [[low, high]] = bootstrapMeans(rows, ownPatients(40), random, { resamples: 400 });
    if (low <= 0 && 0 <= high) covered++;
  }
  expect(covered / 400).toBeGreaterThan(0.91);
  expect(covered / 400).toBeLessThan(0.98);
});

test('copies of a case under one patient narrow nothing', () => {
  const rows = [[1], [2], [4], [8]];
  const patients = ['a', 'b', 'c', 'd'];
  const copies = (list: readonly string[]) => list.flatMap((x) => [x, x, x]);
  const options = { resamples: 2000 };
  const single = bootstrapMeans(rows, patients, new Random(4), options);
  const copied = bootstrapMeans(
    rows.flatMap((row) => [row, row, row]),
    copies(patients),
    new Random(4),
    options,
  );
  expect(copied).toEqual(single);
});

test('a resample weighs its patients by their cases', () => {
  // Two patients: a with two cases of mean 0, b with one of 6. The four draws have means
  // 0, 2, 2 and 6, so the interval reaches from 0 to 6, never 3, the mean of the two means.
  const rows = [[-1], [1], [6]];
  const [interval] = bootstrapMeans(rows, ['a', 'a', 'b'], new Random(5));
  expect(interval).toEqual([0, 6]);
});

test('one patient gives no interval', () => {
  expect(bootstrapMeans([[1], [2]], ['a', 'a'], new Random(6))).toEqual([[Number.NaN, Number.NaN]]);
});

test('fewer than ten patients are said in words', () => {
  expect(caution(12, 10)).toBeUndefined();
  expect(caution(12, 1)).toBe(
    'Only 12 scored cases from 1 patient: with fewer than 10, intervals and tests say little.',
  );
});
