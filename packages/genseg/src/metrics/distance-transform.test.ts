import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distanceTransform } from './distance-transform.ts';
import { type Grid, pitch, pixelCount } from './grid.ts';

/** Distances by comparing every pixel with every site. */
function bruteForce(sites: Uint8Array, grid: Grid): number[] {
  const position = (i: number) => {
    let stride = sites.length;
    return grid.shape.map((length, axis) => {
      stride /= length;
      return (Math.floor(i / stride) % length) * pitch(grid, axis);
    });
  };
  return Array.from(sites, (_, i) => {
    let nearest = Number.POSITIVE_INFINITY;
    for (let j = 0; j < sites.length; j++) {
      if (!sites[j]) continue;
      const other = position(j);
      nearest = Math.min(nearest, Math.hypot(...position(i).map((x, axis) => x - other[axis])));
    }
    return nearest;
  });
}

const axis = fc.record({
  length: fc.integer({ min: 1, max: 7 }),
  pitch: fc.constantFrom(0.3, 1, 2.5),
});

test('equals the brute force in one, two and three dimensions with any spacing', () => {
  const example = fc.array(axis, { minLength: 1, maxLength: 3 }).chain((axes) => {
    const grid = { shape: axes.map((a) => a.length), spacing: axes.map((a) => a.pitch) };
    const pixels = pixelCount(grid);
    // Sparse to dense, none included.
    const site = fc.constantFrom(0, 0, 0, 1);
    return fc.record({
      grid: fc.constant(grid),
      sites: fc.array(site, { minLength: pixels, maxLength: pixels }),
    });
  });
  fc.assert(
    fc.property(example, ({ grid, sites }) => {
      const distances = distanceTransform(Uint8Array.from(sites), grid);
      const expected = bruteForce(Uint8Array.from(sites), grid);
      for (const [i, distance] of distances.entries()) {
        if (expected[i] === Number.POSITIVE_INFINITY) expect(distance).toBe(expected[i]);
        else expect(distance).toBeCloseTo(expected[i], 12);
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('is exact in pixels: the distance to a corner is the root of a whole number', () => {
  const size = 300;
  const sites = new Uint8Array(size * size);
  sites[0] = 1;
  const distances = distanceTransform(sites, { shape: [size, size] });
  for (const [row, column] of [
    [299, 299],
    [3, 4],
    [17, 298],
  ]) {
    expect(distances[row * size + column]).toBe(Math.sqrt(row * row + column * column));
  }
});

test('is infinite where there is no site', () => {
  expect(distanceTransform(new Uint8Array(4), { shape: [2, 2] })).toEqual(
    new Float64Array(4).fill(Number.POSITIVE_INFINITY),
  );
});
