import { expect, test } from 'vitest';
import { assd, hd95, nsd, surface, surfaceDistances } from './surface.ts';

/** A label image drawn in text: `#` is class 1. */
const draw = (...rows: string[]) => ({
  labels: Uint8Array.from(rows.join(''), (char) => (char === '#' ? 1 : 0)),
  grid: { shape: [rows.length, rows[0].length] },
});

/** A rectangle of class 1 in a size x size image. */
function rectangle(size: number, top: number, left: number, height: number, width: number) {
  const labels = new Uint8Array(size * size);
  for (let row = top; row < top + height; row++) {
    labels.fill(1, row * size + left, row * size + left + width);
  }
  return labels;
}

test('the surface is the 4-connected border, and the edge of the image is one', () => {
  const mask = draw('####..', '####..', '####..', '####..', '......');
  const border = draw('####..', '#..#..', '#..#..', '####..', '......');
  expect(surface(mask.labels, 1, mask.grid)).toEqual(border.labels);
});

test('a diagonal gap alone makes no border', () => {
  const mask = draw('.....', '.####', '#####', '#####', '#####', '#####');
  const inner = 3 * 5 + 2;
  const besideGap = 2 * 5 + 1; // only its diagonal neighbour (1, 0) is background
  const border = surface(mask.labels, 1, mask.grid);
  expect(border[inner]).toBe(0);
  expect(border[besideGap]).toBe(0);
});

test('the classes of a label image have surfaces towards each other', () => {
  const labels = Uint8Array.from([1, 1, 1, 2, 2, 2, 2, 2, 2]);
  expect([...surface(labels, 2, { shape: [1, 9] })]).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1]);
  expect([...surface(Uint8Array.from([2, 2, 2, 1]), 2, { shape: [4] })]).toEqual([1, 0, 1, 0]);
});

test('equal masks are at distance 0', () => {
  const mask = rectangle(16, 4, 4, 6, 6);
  const distances = surfaceDistances(mask, mask, 1, { shape: [16, 16] });
  expect([hd95(distances), assd(distances), nsd(distances, 0)]).toEqual([0, 0, 1]);
});

test('two parallel lines are as far apart as they lie, times the spacing', () => {
  const distances = surfaceDistances(rectangle(32, 4, 0, 1, 32), rectangle(32, 11, 0, 1, 32), 1, {
    shape: [32, 32],
    spacing: [0.5, 9],
  });
  expect([hd95(distances), assd(distances)]).toEqual([3.5, 3.5]);
  expect([nsd(distances, 3.4), nsd(distances, 3.5)]).toEqual([0, 1]);
});

test('HD95 takes the worse direction, where pooling both would hide it', () => {
  // The truth is one pixel; the prediction a line from it: all truth is found, the line strays.
  const truth = rectangle(32, 0, 0, 1, 1);
  const prediction = rectangle(32, 0, 0, 1, 21); // distances 0, 1, ..., 20
  const distances = surfaceDistances(prediction, truth, 1, { shape: [32, 32] });
  expect([...distances.toPrediction]).toEqual([0]);
  expect(hd95(distances)).toBe(19);
  expect(assd(distances)).toBeCloseTo(210 / 22, 14);
  expect(nsd(distances, 4)).toBeCloseTo(6 / 22, 14);
});
