import { expect, test } from 'vitest';
import { cropImage } from './crop.ts';
import type { Image } from './image.ts';

/** Of 4 x 3 px and two channels: 10 y + x, and 100 more. */
const image: Image = {
  ...{ width: 4, height: 3, channels: 2, bits: 8 },
  data: Uint8Array.from({ length: 24 }, (_, i) => {
    const pixel = i >> 1;
    return 10 * Math.floor(pixel / 4) + (pixel % 4) + 100 * (i % 2);
  }),
};

test('a rectangle, all channels', () => {
  const crop = cropImage(image, { x: 1, y: 1, width: 2, height: 2 });
  expect(crop).toMatchObject({ width: 2, height: 2, channels: 2, bits: 8 });
  expect([...crop.data]).toEqual([11, 111, 12, 112, 21, 121, 22, 122]);
});

test('beyond the edge the last pixels go on', () => {
  const { data } = cropImage(image, { x: -1, y: 1, width: 6, height: 3 });
  const row = (y: number) => [0, 0, 1, 2, 3, 3].flatMap((x) => [10 * y + x, 10 * y + x + 100]);
  expect([...data]).toEqual([...row(1), ...row(2), ...row(2)]);
});

test('16 bits stay 16 bits', () => {
  const wide = { ...image, bits: 16, data: Uint16Array.from(image.data, (v) => v * 200) } as const;
  const { data } = cropImage(wide, { x: 3, y: 2, width: 1, height: 1 });
  expect(data).toEqual(Uint16Array.of(23 * 200, 123 * 200));
});
