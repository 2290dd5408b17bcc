/**
 * Flood fill, 4-connected, by spans (Smith, "Tint fill", SIGGRAPH 1979): what is connected with the place
 * clicked and alike, either in the mask's classes or in the image's brightness.
 */
import { fillSpan, type Mask } from './mask.ts';
import { clip, emptyRect, type Rect, union } from './rect.ts';
import type { Point } from './stroke.ts';

/** Gives the region of one class around a point another class. */
export function floodClass(mask: Mask, at: Point, classId: number): Rect {
  const { x, y } = pixelUnder(at);
  if (!inside(mask, x, y)) return emptyRect;
  const old = mask.pixels[y * mask.width + x];
  return old === classId ? emptyRect : flood(mask, x, y, classId, (i) => mask.pixels[i] === old);
}

/**
 * Paints the connected pixels whose brightness differs from the clicked pixel's by at most `tolerance`.
 * @param brightness [height, width], 0 to 255
 */
export function floodBrightness(
  mask: Mask,
  brightness: Uint8Array,
  at: Point,
  { classId, tolerance }: { classId: number; tolerance: number },
): Rect {
  const { x, y } = pixelUnder(at);
  if (!inside(mask, x, y)) return emptyRect;
  const middle = brightness[y * mask.width + x];
  const seen = new Uint8Array(mask.pixels.length);
  const alike = (i: number) => seen[i] === 0 && Math.abs(brightness[i] - middle) <= tolerance;
  return flood(mask, x, y, classId, alike, seen);
}

const pixelUnder = ({ x, y }: Point): Point => ({ x: Math.floor(x), y: Math.floor(y) });
const inside = ({ width, height }: Mask, x: number, y: number): boolean =>
  x >= 0 && y >= 0 && x < width && y < height;

/** `alike` must turn false for a pixel once it is painted or marked in `seen`. */
function flood(
  mask: Mask,
  startX: number,
  startY: number,
  classId: number,
  alike: (index: number) => boolean,
  seen?: Uint8Array,
): Rect {
  const { width, height } = mask;
  const waiting = [startX, startY];
  let touched: Rect = emptyRect;
  while (waiting.length > 0) {
    const y = waiting.pop()!;
    const x = waiting.pop()!;
    const row = y * width;
    if (!alike(row + x)) continue;
    let left = x;
    while (left > 0 && alike(row + left - 1)) left--;
    let right = x + 1;
    while (right < width && alike(row + right)) right++;
    fillSpan(mask, y, left, right, classId);
    seen?.fill(1, row + left, row + right);
    touched = union(touched, { left, top: y, right, bottom: y + 1 });
    for (const next of [y - 1, y + 1]) {
      if (next < 0 || next >= height) continue;
      // One entry for each stretch of alike pixels is enough.
      for (let i = left, open = false; i < right; i++) {
        const fits = alike(next * width + i);
        if (fits && !open) waiting.push(i, next);
        open = fits;
      }
    }
  }
  return clip(touched, width, height);
}
