import { expect, test } from 'vitest';
import { tileSize } from './ways.ts';

const like = (width: number, height: number, spacing: [number, number] | null = null) => ({
  ...{ width, height, spacing },
});

test('a tile covers what a training image does: the median of them', () => {
  const cases = [like(100, 80), like(120, 90), like(500, 60)];
  expect(tileSize(cases, { side: null, spacing: null })).toEqual({ width: 120, height: 80 });
  expect(tileSize([like(100, 80), like(120, 80)], { side: null, spacing: null }).width).toBe(110);
});

test('the user says its width; its shape is that of the training images', () => {
  expect(tileSize([like(100, 80)], { side: 512, spacing: null })).toEqual({
    ...{ width: 512, height: 410 },
  });
});

test('where both pixels are known in mm, as many mm', () => {
  const cases = [like(100, 80, [0.5, 0.25])];
  expect(tileSize(cases, { side: null, spacing: [0.25, 0.25] })).toEqual({
    width: 200,
    height: 80,
  });
  const some = [...cases, like(100, 80)];
  expect(tileSize(some, { side: null, spacing: [0.25, 0.25] })).toEqual({ width: 100, height: 80 });
});

test('a tile that is smaller or larger than any image is refused', () => {
  const cases = [like(100, 80, [0.5, 0.5])];
  expect(() => tileSize(cases, { side: 1, spacing: null })).toThrow(/1 x 1 px .* from 8 to 20000/);
  expect(() => tileSize(cases, { side: null, spacing: [1e-5, 1e-5] })).toThrow('--spacing');
});
