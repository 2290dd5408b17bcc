/** Polygon, flood fill and threshold. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { floodBrightness, floodClass } from './flood.ts';
import { createMask, maskOf } from './mask.ts';
import { fillPolygon } from './polygon.ts';
import { applyThreshold, brightnessOf, otsuLevel } from './threshold.ts';

/** A picture of class ids or levels, a digit per pixel. */
const picture = (...rows: string[]) =>
  maskOf(rows[0].length, rows.length, Uint8Array.from(rows.join(''), Number));
const rowsOf = ({ pixels, width, height }: ReturnType<typeof picture>) =>
  Array.from({ length: height }, (_, y) => pixels.slice(y * width, (y + 1) * width).join(''));

test('a rectangle as polygon is exactly its pixels, whichever way round', () => {
  const corners = [
    { x: 1, y: 1 },
    { x: 4, y: 1 },
    { x: 4, y: 3 },
    { x: 1, y: 3 },
  ];
  for (const order of [corners, [...corners].reverse()]) {
    const mask = createMask(6, 4);
    expect(fillPolygon(mask, order, 2)).toEqual({ left: 1, top: 1, right: 4, bottom: 3 });
    expect(rowsOf(mask)).toEqual(['000000', '022200', '022200', '000000']);
  }
});

test('polygons side by side share no pixel and leave none out', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 15, noNaN: true }),
      fc.double({ min: 1, max: 15, noNaN: true }),
      (top, bottom) => {
        const mask = createMask(16, 16);
        const cut = [
          { x: top, y: 0 },
          { x: bottom, y: 16 },
        ];
        fillPolygon(mask, [{ x: 0, y: 0 }, ...cut, { x: 0, y: 16 }], 1);
        const left = mask.pixels.slice();
        fillPolygon(mask, [cut[0], { x: 16, y: 0 }, { x: 16, y: 16 }, cut[1]], 2);
        expect(mask.pixels.every((id) => id === 1 || id === 2)).toBe(true);
        expect(left.every((id, i) => id === 0 || mask.pixels[i] === 1)).toBe(true);
      },
    ),
  );
});

test('a star is hollow where its lines cross twice (even-odd)', () => {
  const mask = createMask(100, 100);
  const corners = [0, 2, 4, 1, 3].map((i) => ({
    x: 50 + 45 * Math.sin((2 * Math.PI * i) / 5),
    y: 50 - 45 * Math.cos((2 * Math.PI * i) / 5),
  }));
  fillPolygon(mask, corners, 1);
  expect(mask.pixels[50 * 100 + 50]).toBe(0);
  expect(mask.pixels[15 * 100 + 50]).toBe(1);
});

test('two corners fill nothing', () => {
  const mask = createMask(4, 4);
  fillPolygon(
    mask,
    [
      { x: 0, y: 0 },
      { x: 4, y: 4 },
    ],
    1,
  );
  expect(mask.pixels.every((id) => id === 0)).toBe(true);
});

test('flood fill reaches around corners, not across diagonals', () => {
  const mask = picture('00100', '01010', '01000', '00111');
  const rect = floodClass(mask, { x: 0.5, y: 0.5 }, 3);
  expect(rowsOf(mask)).toEqual(['33100', '31010', '31000', '33111']);
  expect(rect).toEqual({ left: 0, top: 0, right: 2, bottom: 4 });
});

test('filling with the class that is there already, or outside, does nothing', () => {
  const mask = picture('00', '11');
  for (const at of [
    { x: 0, y: 1 },
    { x: -1, y: 0 },
    { x: 0, y: 2 },
  ])
    expect(floodClass(mask, at, 1)).toEqual({ left: 0, top: 0, right: 0, bottom: 0 });
});

test('flood by brightness keeps to the tolerance around the clicked pixel', () => {
  const levels = picture('1239', '9929', '1199').pixels;
  const mask = createMask(4, 3);
  floodBrightness(mask, levels, { x: 1.5, y: 0.5 }, { classId: 1, tolerance: 1 });
  expect(rowsOf(mask)).toEqual(['1110', '0010', '0000']);
});

test('flood by brightness is the same as a search pixel by pixel', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 144, maxLength: 144, max: 3 }), (levels) => {
      const mask = createMask(12, 12);
      floodBrightness(mask, levels, { x: 6, y: 6 }, { classId: 1, tolerance: 1 });
      const wanted = new Set<number>([6 * 12 + 6]);
      for (const i of wanted)
        for (const [dx, dy] of [
          [1, 0],
          [-1, 0],
          [0, 1],
          [0, -1],
        ]) {
          const [x, y] = [(i % 12) + dx, Math.floor(i / 12) + dy];
          if (x < 0 || y < 0 || x > 11 || y > 11) continue;
          if (Math.abs(levels[y * 12 + x] - levels[78]) <= 1) wanted.add(y * 12 + x);
        }
      expect([...mask.pixels.keys()].filter((i) => mask.pixels[i])).toEqual(
        [...wanted].sort((a, b) => a - b),
      );
    }),
  );
});

test('a threshold paints what lies between, and can leave other classes alone', () => {
  const levels = Uint8Array.of(0, 5, 6, 7, 9, 5);
  const mask = maskOf(3, 2, Uint8Array.of(0, 0, 2, 0, 0, 1));
  const rect = applyThreshold(mask, levels, { classId: 1, low: 5, high: 7, keep: true });
  expect([...mask.pixels]).toEqual([0, 1, 2, 1, 0, 1]);
  expect(rect).toEqual({ left: 0, top: 0, right: 2, bottom: 2 });
  applyThreshold(mask, levels, { classId: 1, low: 5, high: 7, keep: false });
  expect([...mask.pixels]).toEqual([0, 1, 1, 1, 0, 1]);
});

test("Otsu's level parts two heaps of brightness", () => {
  const levels = Uint8Array.from([20, 22, 25, 21, 24, 200, 205, 210, 202]);
  const level = otsuLevel(levels);
  expect(level).toBeGreaterThanOrEqual(25);
  expect(level).toBeLessThan(200);
});

test('brightness is that of Rec. 601', () => {
  const rgba = Uint8ClampedArray.of(
    255,
    255,
    255,
    255,
    255,
    0,
    0,
    255,
    0,
    255,
    0,
    255,
    0,
    0,
    255,
    255,
  );
  expect([...brightnessOf(rgba)]).toEqual([255, 76, 150, 29]);
});
