/**
 * Exact Euclidean distance transform in any number of dimensions, with pixel spacing.
 * Algorithm: Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions" (Theory of
 * Computing 8, 2012): the lower envelope of parabolas, one axis after the other, linear in the pixels.
 */

import { type Grid, pitch } from './grid.ts';

/** Distance from every pixel to the nearest non-zero pixel of `sites`; Infinity where there is none. */
export function distanceTransform(sites: Uint8Array, grid: Grid): Float64Array {
  const squared = new Float64Array(sites.length);
  for (let i = 0; i < sites.length; i++) squared[i] = sites[i] ? 0 : Number.POSITIVE_INFINITY;
  let stride = sites.length;
  for (const [axis, length] of grid.shape.entries()) {
    stride /= length;
    transformLines(squared, length, stride, pitch(grid, axis));
  }
  return squared.map(Math.sqrt);
}

/** Replaces each line f along one axis by q -> min_p (step (q - p))^2 + f(p). */
function transformLines(squared: Float64Array, length: number, stride: number, step: number): void {
  const line = new Float64Array(length);
  const apexes = new Int32Array(length); // positions of the parabolas in the lower envelope
  const starts = new Float64Array(length); // where each of them becomes the lowest
  for (let outer = 0; outer < squared.length; outer += length * stride) {
    for (let inner = outer; inner < outer + stride; inner++) {
      for (let q = 0; q < length; q++) line[q] = squared[inner + q * stride];
      const count = lowerEnvelope(line, step, apexes, starts);
      if (count === 0) continue; // no site on this line yet: all stay infinite
      for (let q = 0, k = 0; q < length; q++) {
        while (k + 1 < count && starts[k + 1] < q) k++;
        const p = apexes[k];
        squared[inner + q * stride] = (step * (q - p)) ** 2 + line[p];
      }
    }
  }
}

/** Fills `apexes` and `starts`; returns how many parabolas the envelope has. */
function lowerEnvelope(
  line: Float64Array,
  step: number,
  apexes: Int32Array,
  starts: Float64Array,
): number {
  let count = 0;
  for (let q = 0; q < line.length; q++) {
    if (line[q] === Number.POSITIVE_INFINITY) continue;
    let start = Number.NEGATIVE_INFINITY;
    while (count > 0) {
      const p = apexes[count - 1];
      // The parabolas of p and q cross at s: step^2 (s - p)^2 + f(p) = step^2 (s - q)^2 + f(q).
      start = (line[q] - line[p]) / (2 * step * step * (q - p)) + (q + p) / 2;
      if (start > starts[count - 1]) break;
      count--; // hidden by q
    }
    apexes[count] = q;
    starts[count] = start;
    count++;
  }
  return count;
}
