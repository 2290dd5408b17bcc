import { expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { paintImage, paintMask } from './paint.ts';

const size = { width: 2, height: 1 };

test.each([
  ['gray is repeated', [0, 1], [0, 0, 0, 255, 255, 255]],
  ['of two channels the first is gray', [0, 1, 0.5, 0.5], [0, 0, 0, 255, 255, 255]],
  ['three are colours', [1, 0, 0, 0.2, 0, 1], [255, 0, 0, 0, 51, 255]],
  ['of more the first three', [1, 0, 0, 0, 0, 1, 1, 1], [255, 0, 0, 0, 0, 255]],
  ['values are clipped', [-1, 7], [0, 0, 0, 255, 255, 255]],
  ['NaN is black', [Number.NaN, 0.5], [0, 0, 0, 128, 128, 128]],
])('%s', (_, planes, rgb) => {
  expect([...paintImage({ image: Float32Array.from(planes), ...size }).data]).toEqual(rgb);
});

test('classes have distinct colours, background is black', () => {
  const { data } = paintMask({
    mask: Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]),
    width: 8,
    height: 1,
  });
  const colours = Array.from({ length: 8 }, (_, i) => data.slice(3 * i, 3 * i + 3).join());
  expect(colours[0]).toBe('0,0,0');
  expect(new Set(colours).size).toBe(8);
});

test('refuses arrays of another size', () => {
  expect(() => paintImage({ image: new Float32Array(3), ...size })).toThrow(DataError);
  expect(() => paintImage({ image: new Float32Array(0), ...size })).toThrow('image has 0 values');
  expect(() => paintMask({ mask: new Uint8Array(3), ...size })).toThrow('mask has 3 values');
});
