import { expect, test } from 'vitest';
import { Random } from './random.ts';

test('uniform draws have the mean and variance of U(0, 1)', () => {
  const random = new Random(7);
  const draws = Array.from({ length: 100_000 }, () => random.uniform());
  const mean = draws.reduce((a, b) => a + b) / draws.length;
  const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
  expect(mean).toBeCloseTo(1 / 2, 2);
  expect(variance).toBeCloseTo(1 / 12, 2);
});

test('the same seed gives the same stream; another seed, and a seed beyond 32 bits, another one', () => {
  const stream = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 8 }, () => random.uint32());
  };
  expect(stream(3)).toEqual(stream(3));
  expect(stream(3)).not.toEqual(stream(4));
  expect(stream(3)).not.toEqual(stream(3 + 2 ** 32));
});

test('shuffle is a permutation and every position is equally likely', () => {
  const random = new Random(1);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 8000; i++) {
    const shuffled = random.shuffle([0, 1, 2, 3]);
    expect(shuffled.toSorted()).toEqual([0, 1, 2, 3]);
    counts[shuffled.indexOf(0)]++;
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
});

test('state restores the stream', () => {
  const random = new Random(5);
  const { state } = random;
  const first = random.uint32();
  random.state = state;
  expect(random.uint32()).toBe(first);
});

test('forks with different labels differ, and a fork is reproducible', () => {
  expect(new Random(1).fork('a').uint32()).toBe(new Random(1).fork('a').uint32());
  expect(new Random(1).fork('a').uint32()).not.toBe(new Random(1).fork('b').uint32());
});
