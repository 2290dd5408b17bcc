/** Schedules at their ends, in between by their closed forms, and beyond. */
import { describe, expect, test } from 'vitest';
import { constant, cosine } from './index.ts';

describe('schedules', () => {
  test('constant stays', () => {
    expect([0, 7, 1e9].map(constant())).toEqual([1, 1, 1]);
  });

  test('cosine rises over the warm-up, is 1 after it, half way in the middle, final at the end', () => {
    const schedule = cosine(13, { warmup: 3, final: 0.2 });
    expect([0, 1, 2, 3].map(schedule)).toEqual([0.25, 0.5, 0.75, 1]);
    expect(schedule(8)).toBeCloseTo(0.6, 14);
    expect(schedule(13)).toBeCloseTo(0.2, 14);
    expect(schedule(99)).toBeCloseTo(0.2, 14);
    // cos(pi / 5) = (1 + sqrt 5) / 4, two of ten steps after the warm-up
    expect(schedule(5)).toBeCloseTo(0.2 + (0.8 * (1 + (1 + Math.sqrt(5)) / 4)) / 2, 14);
  });

  test.each([
    [() => cosine(0), /steps must be an integer >= 1, got 0/],
    [() => cosine(5, { warmup: 5 }), /steps must be an integer >= 6, got 5/],
    [() => cosine(5, { warmup: -1 }), /warmup must be an integer >= 0/],
    [() => cosine(2.5), /steps must be an integer/],
  ])('refuses %s', (make, message) => {
    expect(make).toThrow(message);
  });
});
