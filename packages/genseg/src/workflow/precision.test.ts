import { Generator, rand, scope } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks } from '../../test/tiny.ts';
import { choiceText, choosePrecision, runIn } from './precision.ts';

checkLeaks();

/** A matrix product knows in which arithmetic it is. */
const inHalf = (): boolean =>
  scope(() => {
    using generator = new Generator(0);
    const x = rand([2, 2], { generator });
    return x.matmul(x).dtype === 'bfloat16';
  });

const masks = { same: Uint8Array.of(0, 1, 1, 2), other: Uint8Array.of(0, 1, 1, 0) };

/** Predicts in so many seconds; in bfloat16 perhaps other masks. */
function model({ full = 1, half = 1, differs = false }) {
  let clock = 0;
  const calls: string[] = [];
  return {
    calls,
    options: { device: 'cpu', now: () => clock } as const,
    trial: () => {
      const low = inHalf();
      calls.push(low ? 'bf16' : 'fp32');
      clock += low ? half : full;
      return [{ mask: low && differs ? masks.other : masks.same }, { mask: masks.same }];
    },
  };
}

test('float32 is not tried against anything', () => {
  const { trial, options, calls } = model({});
  const choice = choosePrecision('fp32', trial, options);
  expect(choice).toEqual({ precision: 'fp32', agreement: null, speedup: null });
  expect(calls).toEqual([]);
});

test.each([
  [
    { full: 2, half: 1 },
    { precision: 'bf16', agreement: 1, speedup: 2 },
  ],
  [
    { full: 1, half: 1 },
    { precision: 'fp32', agreement: 1, speedup: 1 },
  ],
  [
    { full: 2, half: 1, differs: true },
    { precision: 'fp32', agreement: 0, speedup: 2 },
  ],
])('auto, with %o: %o', (behaviour, expected) => {
  const { trial, options } = model(behaviour);
  expect(choosePrecision('auto', trial, options)).toEqual(expected);
});

test('bfloat16 is taken as asked, and its agreement told', () => {
  const { trial, options, calls } = model({ differs: true });
  const choice = choosePrecision('bf16', trial, options);
  expect(choice).toEqual({ precision: 'bf16', agreement: 0, speedup: null });
  expect(calls).toEqual(['fp32', 'bf16']);
  expect(choiceText(choice)).toBe(
    'bf16: Dice 0.0000 between masks in bf16 and in fp32, on the first images',
  );
});

test('what runs in a precision runs in it', () => {
  expect(runIn('bf16', 'cpu')(inHalf)).toBe(true);
  expect(runIn('fp32', 'cpu')(inHalf)).toBe(false);
});
