/**
 * Fills polygons into a class mask. A pixel belongs to a shape when its centre (x + 0.5, y + 0.5) is
 * inside by the even-odd rule over all the shape's rings, so a ring inside a ring is a hole.
 */
import type { Size } from '../image/image.ts';

export type Point = readonly [x: number, y: number];

/** A labelled region, corners in pixels from the image's upper left corner. */
export interface Shape {
  readonly label: string;
  readonly rings: readonly (readonly Point[])[];
}

/** Class ids, one byte per pixel; later shapes cover earlier ones. */
export function rasterise(
  shapes: readonly Shape[],
  { width, height }: Size,
  classOf: (label: string) => number,
): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(width * height);
  for (const { label, rings } of shapes) {
    const value = classOf(label);
    const ys = rings.flatMap((ring) => ring.map(([, y]) => y));
    const top = Math.max(0, Math.floor(ys.reduce((a, b) => Math.min(a, b), height)));
    const bottom = Math.min(height, Math.ceil(ys.reduce((a, b) => Math.max(a, b), 0)));
    for (let y = top; y < bottom; y++) {
      const xs = crossings(rings, y + 0.5);
      for (let i = 0; i + 1 < xs.length; i += 2) {
        const from = Math.max(0, Math.ceil(xs[i] - 0.5));
        const to = Math.min(width, Math.ceil(xs[i + 1] - 0.5));
        if (from < to) mask.fill(value, y * width + from, y * width + to);
      }
    }
  }
  return mask;
}

/** Where the horizontal line at `y` cuts the rings' edges, in order. */
function crossings(rings: Shape['rings'], y: number): number[] {
  const xs: number[] = [];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i++) {
      const [x0, y0] = ring[i];
      const [x1, y1] = ring[(i + 1) % ring.length];
      if (y0 <= y !== y1 <= y) xs.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    }
  }
  return xs.sort((a, b) => a - b);
}
