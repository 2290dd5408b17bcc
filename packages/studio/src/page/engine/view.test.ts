import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fit, keepInSight, pan, pinch, screenRect, toImage, toScreen, zoomAt } from './view.ts';

const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
const point = fc.record({ x: coordinate, y: coordinate });
const view = fc.record({
  scale: fc.double({ min: 0.1, max: 20, noNaN: true }),
  x: coordinate,
  y: coordinate,
});

test('to the screen and back', () => {
  fc.assert(
    fc.property(view, point, (at, image) => {
      const back = toImage(at, toScreen(at, image));
      expect(back.x).toBeCloseTo(image.x, 6);
      expect(back.y).toBeCloseTo(image.y, 6);
    }),
  );
});

test('the point under the pointer stays where it is while zooming', () => {
  fc.assert(
    fc.property(view, point, fc.double({ min: 0.2, max: 5, noNaN: true }), (before, at, factor) => {
      const after = zoomAt(before, at, factor);
      expect(toImage(after, at).x).toBeCloseTo(toImage(before, at).x, 6);
      expect(toImage(after, at).y).toBeCloseTo(toImage(before, at).y, 6);
    }),
  );
});

test('zoom has limits', () => {
  expect(zoomAt({ scale: 20, x: 0, y: 0 }, { x: 5, y: 5 }, 100).scale).toBe(32);
  expect(zoomAt({ scale: 0.1, x: 0, y: 0 }, { x: 5, y: 5 }, 1e-6).scale).toBe(1 / 32);
});

test('the image fits, in the middle', () => {
  const at = fit({ width: 200, height: 100 }, { width: 432, height: 432 });
  expect(at).toEqual({ scale: 2, x: 16, y: 116 });
});

test('fingers that move together pan, fingers that part zoom about their middle', () => {
  const start = { scale: 1, x: 0, y: 0 };
  const fingers: [{ x: number; y: number }, { x: number; y: number }] = [
    { x: 10, y: 10 },
    { x: 30, y: 10 },
  ];
  const moved = pinch(start, fingers, [
    { x: 15, y: 17 },
    { x: 35, y: 17 },
  ]);
  expect(moved).toEqual(pan(start, 5, 7));
  const parted = pinch(start, fingers, [
    { x: 0, y: 10 },
    { x: 40, y: 10 },
  ]);
  expect(parted).toEqual({ scale: 2, x: -20, y: -10 });
});

test('an image pushed off the screen comes back to its edge', () => {
  const screen = { width: 300, height: 200 };
  const image = { width: 100, height: 100 };
  expect(keepInSight({ scale: 1, x: 999, y: -999 }, image, screen)).toEqual({
    scale: 1,
    x: 236,
    y: -36,
  });
});

test('the part of the screen to redraw holds the changed pixels', () => {
  expect(
    screenRect({ scale: 0.5, x: 10, y: 20 }, { left: 4, top: 6, right: 9, bottom: 8 }),
  ).toEqual({
    left: 11,
    top: 22,
    right: 16,
    bottom: 25,
  });
});
