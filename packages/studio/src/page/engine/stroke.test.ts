import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMask, type Mask } from './mask.ts';
import { paintCapsule, radiusUnder } from './stroke.ts';

const painted = ({ pixels, width }: Mask) =>
  [...pixels.keys()].filter((i) => pixels[i] !== 0).map((i) => [i % width, Math.floor(i / width)]);

test('a click paints the pixels whose centres lie in the disc', () => {
  const mask = createMask(40, 40);
  paintCapsule(mask, { x: 20, y: 20, radius: 7.3 }, { x: 20, y: 20, radius: 7.3 }, 1);
  const wanted = [];
  for (let y = 0; y < 40; y++)
    for (let x = 0; x < 40; x++)
      if (Math.hypot(x + 0.5 - 20, y + 0.5 - 20) <= 7.3) wanted.push([x, y]);
  expect(painted(mask)).toEqual(wanted);
});

test('the finest brush paints the one pixel under it, and a line without gaps', () => {
  const mask = createMask(12, 12);
  paintCapsule(mask, { x: 3.2, y: 4.9, radius: 0.5 }, { x: 3.2, y: 4.9, radius: 0.5 }, 1);
  expect(painted(mask)).toEqual([[3, 4]]);
  paintCapsule(mask, { x: 3.2, y: 4.9, radius: 0.5 }, { x: 9.5, y: 9.5, radius: 0.5 }, 1);
  const rows = new Set(painted(mask).map(([, y]) => y));
  const columns = new Set(painted(mask).map(([x]) => x));
  expect([...rows]).toEqual([4, 5, 6, 7, 8, 9]);
  expect([...columns].sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9]);
});

test('a fast stroke is a capsule: all within its radius of the segment, up to half a pixel', () => {
  fc.assert(
    fc.property(
      fc.record({
        x: fc.double({ min: 0, max: 64, noNaN: true }),
        y: fc.double({ min: 0, max: 64, noNaN: true }),
      }),
      fc.record({
        x: fc.double({ min: 0, max: 64, noNaN: true }),
        y: fc.double({ min: 0, max: 64, noNaN: true }),
      }),
      fc.double({ min: 2, max: 12, noNaN: true }),
      (from, to, radius) => {
        const mask = createMask(64, 64);
        paintCapsule(mask, { ...from, radius }, { ...to, radius }, 1);
        for (let y = 0; y < 64; y++)
          for (let x = 0; x < 64; x++) {
            const away = distanceToSegment(x + 0.5, y + 0.5, from, to);
            const is = mask.pixels[y * 64 + x] === 1;
            const wanted = is ? away <= radius + 1e-9 : away > radius - 0.5;
            if (!wanted) throw new Error(`${x}, ${y}: ${is}, ${away} from the segment`);
          }
      },
    ),
    { numRuns: 60 },
  );
});

test('the rectangle it answers with holds every painted pixel', () => {
  const mask = createMask(50, 30);
  const rect = paintCapsule(mask, { x: -4, y: 2, radius: 6 }, { x: 30, y: 28, radius: 3 }, 2);
  expect(painted(mask).length).toBeGreaterThan(100);
  for (const [x, y] of painted(mask)) {
    expect(x >= rect.left && x < rect.right && y >= rect.top && y < rect.bottom).toBe(true);
  }
});

test('only a pen presses; harder is wider', () => {
  expect(radiusUnder(10, 0.1, 'mouse')).toBe(10);
  expect(radiusUnder(10, 0, 'touch')).toBe(10);
  const widths = [0, 0.3, 0.6, 1].map((pressure) => radiusUnder(10, pressure, 'pen'));
  expect(widths).toEqual([...widths].sort((a, b) => a - b));
  expect(widths).toEqual([2.5, 6.25, 10, 15]);
});

function distanceToSegment(
  x: number,
  y: number,
  a: { x: number; y: number },
  b: { x: number; y: number },
) {
  const length2 = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const t =
    length2 === 0
      ? 0
      : Math.min(1, Math.max(0, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / length2));
  return Math.hypot(x - a.x - t * (b.x - a.x), y - a.y - t * (b.y - a.y));
}
