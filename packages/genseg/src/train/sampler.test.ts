import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { Sampler } from './sampler.ts';

const sampler = (count: number, seed = 0) => new Sampler(count, new Random(seed));
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

test('each case comes once before any comes again, across batches', () => {
  const five = sampler(5);
  const drawn = Array.from({ length: 10 }, () => five.next(3)).flat();
  for (let i = 0; i < 30; i += 5) expect(sorted(drawn.slice(i, i + 5))).toEqual([0, 1, 2, 3, 4]);
  const orders = [0, 5, 10].map((i) => drawn.slice(i, i + 5).join());
  expect(new Set(orders).size).toBeGreaterThan(1);
});

test('a batch may be larger than the set', () => {
  expect(sorted(sampler(2).next(6))).toEqual([0, 0, 0, 1, 1, 1]);
});

test('a seed gives one order, another seed another', () => {
  expect(sampler(20).next(20)).toEqual(sampler(20).next(20));
  expect(sampler(20).next(20)).not.toEqual(sampler(20, 1).next(20));
});

test('goes on from a stored state in the middle of a permutation', () => {
  const first = sampler(7);
  first.next(3);
  const state = JSON.parse(JSON.stringify(first.state)); // as a checkpoint stores it
  const rest = first.next(12);
  const second = sampler(7, 99);
  second.state = state;
  expect(second.next(12)).toEqual(rest);
});

test('a restart forgets the order', () => {
  const used = sampler(7);
  used.next(3);
  used.restart(new Random(5));
  expect(used.next(7)).toEqual(sampler(7, 5).next(7));
});
