import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

const options = ['size', 'seed', 'device', 'iterations'];

test.each([
  ['szie', 'size'],
  ['sed', 'seed'],
  ['devise', 'device'],
  ['iteration', 'iterations'],
  ['itreatoins', 'iterations'],
])('%s means %s', (typed, meant) => {
  expect(nearestName(typed, options)).toBe(meant);
});

test('what is near nothing means nothing', () => {
  expect(nearestName('learningRate', options)).toBeUndefined();
  expect(nearestName('xy', [])).toBeUndefined();
});
