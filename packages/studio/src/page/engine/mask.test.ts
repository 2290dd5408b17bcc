import { expect, test } from 'vitest';
import { copyRect, countClasses, createMask, fillSpan, maskOf, pasteRect } from './mask.ts';

test('a rectangle copied and pasted back is as it was, also where it hangs over the border', () => {
  const mask = createMask(5, 4);
  mask.pixels.forEach((_, i) => {
    mask.pixels[i] = i;
  });
  const rect = { left: 3, top: 2, right: 9, bottom: 9 };
  const copy = copyRect(mask, rect);
  expect([...copy]).toEqual([13, 14, 18, 19]);
  const before = mask.pixels.slice();
  mask.pixels.fill(0);
  pasteRect(mask, rect, copy);
  expect([...mask.pixels.entries()].filter(([, id]) => id !== 0)).toEqual(
    [13, 14, 18, 19].map((i) => [i, before[i]]),
  );
});

test('a span is cut at the border, and outside it there is nothing to paint', () => {
  const mask = createMask(4, 2);
  fillSpan(mask, 1, -3, 2, 7);
  fillSpan(mask, 2, 0, 4, 7);
  fillSpan(mask, 0, 4, 9, 7);
  expect([...mask.pixels]).toEqual([0, 0, 0, 0, 7, 7, 0, 0]);
  expect(countClasses(mask)[7]).toBe(2);
});

test.each([
  [0, 3],
  [2.5, 3],
  [-1, 3],
])('sides %d x %d are refused', (width, height) => {
  expect(() => createMask(width, height)).toThrow(/positive integers/);
});

test('too few class ids are refused', () => {
  expect(() => maskOf(3, 3, new Uint8Array(8))).toThrow(/9 pixels, got 8/);
});
