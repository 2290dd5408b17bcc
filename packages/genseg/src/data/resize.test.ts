import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { resizeImage, resizeMask } from './resize.ts';

const size = (width: number, height: number) => ({ width, height });
const ramp = (width: number, height: number) =>
  Float32Array.from({ length: width * height }, (_, i) => (i % width) + 0.5);

test('a flat image stays flat at every size', () => {
  const flat = new Float32Array(2 * 7 * 5).fill(0.3);
  for (const to of [size(3, 4), size(7, 5), size(20, 11)]) {
    for (const v of resizeImage(flat, size(7, 5), to)) expect(v).toBeCloseTo(0.3, 6);
  }
});

test('the same size is the identity', () => {
  const random = new Random(1);
  const planes = Float32Array.from({ length: 3 * 6 * 4 }, () => random.uniform());
  expect(resizeImage(planes, size(6, 4), size(6, 4))).toEqual(planes);
});

test('enlarging twice interpolates between pixel centres: 1/4 and 3/4', () => {
  const out = resizeImage(Float32Array.of(0, 1, 0, 1), size(2, 2), size(4, 2));
  expect([...out.subarray(0, 4)]).toEqual([0, 0.25, 0.75, 1]);
});

test('halving weighs 1, 3, 3, 1 of 8, as a triangle of twice the width does', () => {
  const impulse = Float32Array.of(0, 0, 0, 1, 0, 0, 0, 0);
  const out = resizeImage(impulse, size(8, 1), size(4, 1));
  expect([...out]).toEqual([0, 3 / 8, 1 / 8, 0]);
});

test('a ramp stays a ramp away from the border', () => {
  const out = resizeImage(ramp(40, 3), size(40, 3), size(20, 3));
  for (let x = 1; x < 19; x++) expect(out[x]).toBeCloseTo(2 * (x + 0.5), 5);
});

test('planes do not mix', () => {
  const planes = new Float32Array(2 * 16).fill(0, 0, 16).fill(1, 16);
  const out = resizeImage(planes, size(4, 4), size(3, 5));
  expect([...out.subarray(0, 15)].every((v) => v === 0)).toBe(true);
  expect([...out.subarray(15)].every((v) => v === 1)).toBe(true);
});

test('masks take the pixel under the centre', () => {
  const row = Uint8Array.of(0, 1, 2, 3);
  expect([...resizeMask(row, size(4, 1), size(8, 1))]).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  expect([...resizeMask(row, size(4, 1), size(2, 1))]).toEqual([1, 3]);
  expect([...resizeMask(row, size(4, 1), size(3, 1))]).toEqual([0, 2, 3]);
});

test('a mask goes back to its size without new classes and without a shift', () => {
  const mask = Uint8Array.from({ length: 48 * 36 }, (_, i) => {
    const [x, y] = [i % 48, Math.floor(i / 48)];
    return Math.hypot(x + 0.5 - 24, y + 0.5 - 18) < 12 ? 3 : 0;
  });
  const small = resizeMask(mask, size(48, 36), size(20, 20));
  const back = resizeMask(small, size(20, 20), size(48, 36));
  expect(new Set(back)).toEqual(new Set([0, 3]));
  const centre = (m: Uint8Array) => {
    const inside = [...m.keys()].filter((i) => m[i] > 0);
    return inside.reduce((sum, i) => sum + (i % 48) + 0.5, 0) / inside.length;
  };
  expect(centre(back)).toBeCloseTo(24, 6);
  expect(back.filter((v, i) => v !== mask[i]).length).toBeLessThan(0.05 * mask.length);
});
