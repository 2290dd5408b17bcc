import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { caseMetrics } from './case.ts';
import { summarise } from './summary.ts';

const grid = { shape: [1, 4] };
const scored = (id: string, prediction: number[], truth: number[], patient?: string) => ({
  id,
  patient,
  metrics: caseMetrics(Uint8Array.from(prediction), Uint8Array.from(truth), grid)[1],
});

test('means are over cases; empty ones are left out and counted, missed and false ones score 0', () => {
  const summary = summarise(
    [
      scored('perfect', [1, 1, 0, 0], [1, 1, 0, 0]),
      scored('half', [1, 0, 0, 0], [1, 1, 1, 0]),
      scored('missed', [0, 0, 0, 0], [1, 0, 0, 0]),
      scored('false', [0, 0, 0, 1], [0, 0, 0, 0]),
      scored('empty', [0, 0, 0, 0], [0, 0, 0, 0]),
    ],
    new Random(1),
  );
  expect(summary.presence).toEqual({ both: 2, missed: 1, false: 1, neither: 1 });
  expect(summary.patients).toBe(4);
  expect(summary.mean.dice).toBe((1 + 0.5 + 0 + 0) / 4);
  expect(summary.ci95.dice[0]).toBeLessThan(summary.mean.dice);
  expect(summary.ci95.dice[1]).toBeGreaterThan(summary.mean.dice);
  expect(summary.caution).toBe(
    'Only 4 scored cases from 4 patients: with fewer than 10, intervals and tests say little.',
  );
});

test('ten patients need no caution; twenty cases of five do', () => {
  const cases = (patients: number) =>
    Array.from({ length: 20 }, (_, i) =>
      scored(`case ${i}`, [1, 0, 0, 0], [1, i % 2, 0, 0], `patient ${i % patients}`),
    );
  expect(summarise(cases(10), new Random(2)).caution).toBeUndefined();
  expect(summarise(cases(5), new Random(2)).caution).toContain('5 patients');
});

test('nothing to score gives NaN, not 0', () => {
  const summary = summarise([scored('empty', [0, 0, 0, 0], [0, 0, 0, 0])], new Random(3));
  expect(summary.mean.dice).toBeNaN();
  expect(summary.ci95.hd95).toEqual([Number.NaN, Number.NaN]);
  expect(summary.presence.neither).toBe(1);
});

test('the same seed gives the same intervals', () => {
  const cases = [1, 2, 3].map((n) => scored(`case ${n}`, [1, 0, 0, 0], [1, 1, 1, 1].fill(0, n)));
  const interval = (seed: number) => summarise(cases, new Random(seed)).ci95;
  expect(interval(4)).toEqual(interval(4));
});
