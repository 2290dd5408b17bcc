import { liveTensors, scope, tensor } from '@genseg/torch';
import { expect, test, vi } from 'vitest';
import { checkLeaks } from '../../test/tiny.ts';
import { meanOf, reading } from './reading.ts';

checkLeaks();

test('a number of a CPU is read at once and keeps no tensor', () => {
  const before = liveTensors();
  const read = scope(() => reading(tensor(2.5)));
  expect(liveTensors()).toBe(before);
  expect(read()).toBe(2.5);
});

test('read later it outlives its scope until somebody asks, without what it was made from', () => {
  const before = liveTensors();
  const read = scope(() => {
    const x = tensor(3, { requiresGrad: true });
    return reading(x.mul(x), true);
  });
  expect(liveTensors()).toBe(before + 1);
  expect([read(), read()]).toEqual([9, 9]);
  expect(liveTensors()).toBe(before);
});

test('a mean reads when it is read', () => {
  const read = vi.fn().mockReturnValueOnce(1).mockReturnValueOnce(2).mockReturnValueOnce(6);
  const mean = meanOf([read, read, read]);
  expect(read).not.toHaveBeenCalled();
  expect(mean()).toBe(3);
});
