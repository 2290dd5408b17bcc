import { expect, test } from 'vitest';
import { type Point, rasterise, type Shape } from './rasterise.ts';

const size = { width: 32, height: 24 };
const area = (mask: Uint8Array) => mask.filter((v) => v > 0).length;
const box = (x0: number, y0: number, x1: number, y1: number): Point[] => [
  [x0, y0],
  [x1, y0],
  [x1, y1],
  [x0, y1],
];
const shape = (...rings: (readonly Point[])[]): Shape => ({ label: 'a', rings });
const one = () => 1;

test('a box on pixel borders covers exactly its pixels', () => {
  const mask = rasterise([shape(box(3, 5, 10, 9))], size, one);
  expect(area(mask)).toBe(7 * 4);
  for (const [x, y, value] of [
    [3, 5, 1],
    [9, 8, 1],
    [10, 8, 0],
    [9, 9, 0],
    [2, 5, 0],
  ]) {
    expect(mask[y * 32 + x]).toBe(value);
  }
});

test('neighbours that share an edge leave no gap and do not overlap', () => {
  const left = rasterise([shape(box(2, 2, 10.5, 20))], size, one);
  const right = rasterise([shape(box(10.5, 2, 19, 20))], size, one);
  expect(area(left) + area(right)).toBe(17 * 18);
  expect(left.every((v, i) => v + right[i] <= 1)).toBe(true);
});

test('a disk has the area of its polygon', () => {
  const ring = Array.from({ length: 90 }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / 90;
    return [16 + 10 * Math.cos(angle), 12 + 10 * Math.sin(angle)];
  });
  expect(Math.abs(area(rasterise([shape(ring)], size, one)) - 100 * Math.PI)).toBeLessThan(8);
});

test('a ring inside is a hole, whatever its direction', () => {
  const hole = box(5, 5, 8, 8);
  for (const inner of [hole, hole.toReversed()]) {
    expect(area(rasterise([shape(box(2, 2, 12, 12), inner)], size, one))).toBe(100 - 9);
  }
});

test('what lies outside the image is cut off', () => {
  expect(area(rasterise([shape(box(-10, -10, 4, 3))], size, one))).toBe(12);
  expect(area(rasterise([shape(box(40, 40, 50, 50)), shape([])], size, one))).toBe(0);
});

test('later shapes cover earlier ones', () => {
  const shapes = [
    { label: 'liver', rings: [box(0, 0, 10, 10)] },
    { label: 'tumour', rings: [box(2, 2, 4, 4)] },
  ];
  const mask = rasterise(shapes, size, (label) => ['liver', 'tumour'].indexOf(label) + 1);
  expect(mask[0]).toBe(1);
  expect(mask[2 * 32 + 2]).toBe(2);
});
