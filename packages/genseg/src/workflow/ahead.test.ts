import { expect, test } from 'vitest';
import { batchesAhead, imagesAtOnce } from './ahead.ts';

test('every item once, in order, the next batch begun before the present one is done with', async () => {
  const begun: number[] = [];
  const load = async (item: number) => {
    begun.push(item);
    return 10 * item;
  };
  const seen: number[][] = [];
  for await (const batch of batchesAhead([1, 2, 3, 4, 5], load, 2)) {
    seen.push(batch);
    expect(begun.length).toBe(Math.min(5, 2 * seen.length + 2));
  }
  expect(seen).toEqual([[10, 20], [30, 40], [50]]);
  for await (const _ of batchesAhead([], load, 2)) expect.unreachable();
});

test('a failure comes with its batch, and not before', async () => {
  const load = async (item: number) => {
    if (item === 3) throw new Error('third');
    return item;
  };
  const seen: number[] = [];
  const walk = async () => {
    for await (const batch of batchesAhead([1, 2, 3], load, 1)) {
      seen.push(...batch);
      await new Promise((done) => setTimeout(done, 5)); // the failure is there by now
    }
  };
  await expect(walk()).rejects.toThrow('third');
  expect(seen).toEqual([1, 2]);
});

test('large images come one by one', () => {
  expect([16, 128, 181, 256, 1024].map(imagesAtOnce)).toEqual([4, 4, 2, 1, 1]);
});
