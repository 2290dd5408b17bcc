/** Filled polygons: pixels whose centres lie inside, by the even-odd rule. */
import { fillSpan, type Mask } from './mask.ts';
import { clip, emptyRect, type Rect } from './rect.ts';
import type { Point } from './stroke.ts';

/** Fills a polygon, closed by itself; fewer than three corners fill nothing. */
export function fillPolygon(mask: Mask, corners: readonly Point[], classId: number): Rect {
  if (corners.length < 3) return emptyRect;
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  const rect = clip(
    {
      left: Math.floor(Math.min(...xs)),
      top: Math.floor(Math.min(...ys)),
      right: Math.ceil(Math.max(...xs)),
      bottom: Math.ceil(Math.max(...ys)),
    },
    mask.width,
    mask.height,
  );
  for (let y = rect.top; y < rect.bottom; y++) {
    const crossings = crossingsAt(corners, y + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const left = Math.ceil(crossings[i] - 0.5);
      const right = Math.ceil(crossings[i + 1] - 0.5);
      fillSpan(mask, y, left, right, classId);
    }
  }
  return rect;
}

/** Where a horizontal line crosses the outline, from left to right: an even number of places. */
function crossingsAt(corners: readonly Point[], y: number): number[] {
  const crossings: number[] = [];
  let before = corners.at(-1)!;
  for (const corner of corners) {
    if (before.y <= y !== corner.y <= y)
      crossings.push(before.x + ((y - before.y) / (corner.y - before.y)) * (corner.x - before.x));
    before = corner;
  }
  return crossings.sort((a, b) => a - b);
}
