import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { coresHere } from './cores.ts';

const all = availableParallelism();

test.each([
  ['max 100000', all],
  ['100000 100000', 1],
  ['150000 100000', Math.min(all, 2)],
  ['1000 100000', 1],
  ['6400000 100000', Math.min(all, 64)],
])('with the quota "%s" it is %i', (text, expected) => {
  expect(coresHere(() => `${text}\n`)).toBe(expected);
});

test('without one it is all', () => {
  const missing = () => {
    throw new Error('no such file');
  };
  expect(coresHere(missing)).toBe(all);
});
