/**
 * The mask being painted: a class id per pixel, at the image's full resolution, row by row. Tools write
 * into it and answer with the rectangle that they touched; ./history.ts makes that undoable.
 */
import { clip, type Rect } from './rect.ts';

export interface Mask {
  readonly width: number;
  readonly height: number;
  /** Class ids, [height, width]; 0 is the background. */
  readonly pixels: Uint8Array;
}

/** An all-background mask. @throws RangeError for sides that are not positive integers. */
export function createMask(width: number, height: number): Mask {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new RangeError(`mask: sides must be positive integers, got ${width} x ${height}`);
  return { width, height, pixels: new Uint8Array(width * height) };
}

/** A mask around given class ids. @throws RangeError where their number is not width x height. */
export function maskOf(width: number, height: number, pixels: Uint8Array): Mask {
  if (pixels.length !== width * height)
    throw new RangeError(
      `mask: ${width} x ${height} needs ${width * height} pixels, got ${pixels.length}`,
    );
  return { width, height, pixels };
}

/** Sets the pixels of row `y` from `left` to before `right`, as far as they lie inside. */
export function fillSpan(
  mask: Mask,
  y: number,
  left: number,
  right: number,
  classId: number,
): void {
  if (y < 0 || y >= mask.height) return;
  const start = Math.max(0, left);
  const end = Math.min(mask.width, right);
  if (start < end) mask.pixels.fill(classId, y * mask.width + start, y * mask.width + end);
}

/** A copy of the class ids inside a rectangle, row by row. */
export function copyRect(mask: Mask, rect: Rect): Uint8Array {
  const { left, top, right, bottom } = clip(rect, mask.width, mask.height);
  const columns = right - left;
  const copy = new Uint8Array(columns * (bottom - top));
  for (let y = top; y < bottom; y++) {
    const start = y * mask.width + left;
    copy.set(mask.pixels.subarray(start, start + columns), (y - top) * columns);
  }
  return copy;
}

/** Writes class ids back that `copyRect` took of the same rectangle. */
export function pasteRect(mask: Mask, rect: Rect, ids: Uint8Array): void {
  const { left, top, right, bottom } = clip(rect, mask.width, mask.height);
  const columns = right - left;
  for (let y = top; y < bottom; y++)
    mask.pixels.set(
      ids.subarray((y - top) * columns, (y - top + 1) * columns),
      y * mask.width + left,
    );
}

/** Pixels per class id, index 0 to 255. */
export function countClasses({ pixels }: Mask): Uint32Array {
  const counts = new Uint32Array(256);
  for (const id of pixels) counts[id]++;
  return counts;
}
