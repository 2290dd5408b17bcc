import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { paintMask } from './paint.ts';
import { encodeMask, encodePng, encodeProbabilities } from './png.ts';

const size = { width: 2, height: 2 };
const mask = Uint8Array.from([0, 1, 2, 3]);

test('a picture, read again, is the same', () => {
  const picture = paintMask({ mask, ...size });
  expect(decode(encodePng(picture))).toMatchObject({ ...size, channels: 3, data: picture.data });
});

test('masks hold class ids, or 0 and 255', () => {
  expect(decode(encodeMask(mask, size))).toMatchObject({ channels: 1, depth: 8, data: mask });
  expect([...decode(encodeMask(mask, size, { binary: true })).data]).toEqual([0, 255, 255, 255]);
});

test('probabilities are gray of 8 or 16 bits', () => {
  const p = Float32Array.from([0, 0.5, 0.25, 1]);
  expect([...decode(encodeProbabilities(p, size)).data]).toEqual([0, 128, 64, 255]);
  const deep = decode(encodeProbabilities(p, size, { bits: 16 }));
  expect(deep.depth).toBe(16);
  expect([...deep.data]).toEqual([0, 32768, 16384, 65535]);
});

test('refuses logits', () => {
  const logits = Float32Array.from([0, 1, -3, 2]);
  expect(() => encodeProbabilities(logits, size)).toThrow(DataError);
  expect(() => encodeProbabilities(logits, size)).toThrow('probability -3 at pixel 2');
  expect(() => encodeProbabilities(new Float32Array(4).fill(Number.NaN), size)).toThrow('NaN');
});
