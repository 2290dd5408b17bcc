/**
 * Brush and eraser: a stroke is a chain of capsules, each the hull of two discs, filled by scan lines.
 * Its width may change along the way, as a pen's pressure does.
 */
import { fillSpan, type Mask } from './mask.ts';
import { clip, type Rect } from './rect.ts';

/** A place in image pixels; (0, 0) is the upper left corner of the first pixel. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Dab extends Point {
  /** px; a radius of 0.5 or less paints the one pixel under the point. */
  readonly radius: number;
}

/** The radius that a pen's pressure gives; a mouse reports 0.5 or 0, and keeps the radius that was set. */
export function radiusUnder(radius: number, pressure: number, pointerType: string): number {
  if (pointerType !== 'pen') return radius;
  const share = 0.25 + 1.25 * Math.min(1, Math.max(0, pressure));
  return Math.max(0.5, radius * share);
}

/** Paints the hull of two discs; the answer holds every pixel that it may have changed. */
export function paintCapsule(mask: Mask, from: Dab, to: Dab, classId: number): Rect {
  const reach = Math.max(from.radius, to.radius, 0.5);
  const rect = clip(
    {
      left: Math.floor(Math.min(from.x, to.x) - reach),
      top: Math.floor(Math.min(from.y, to.y) - reach),
      right: Math.ceil(Math.max(from.x, to.x) + reach) + 1,
      bottom: Math.ceil(Math.max(from.y, to.y) + reach) + 1,
    },
    mask.width,
    mask.height,
  );
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  // Discs closer than their radii leave gaps no larger than half a pixel: enough of them are a capsule.
  const spacing = Math.max(0.5, Math.min(from.radius, to.radius) * 0.25);
  const dabs = Math.max(1, Math.ceil(Math.hypot(dx, dy) / spacing));
  for (let y = rect.top; y < rect.bottom; y++) {
    let left = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    for (let i = 0; i <= dabs; i++) {
      const t = i / dabs;
      const span = discSpan(
        from.x + t * dx,
        from.y + t * dy,
        from.radius + t * (to.radius - from.radius),
        y,
      );
      if (!span) continue;
      left = Math.min(left, span[0]);
      right = Math.max(right, span[1]);
    }
    // A row of a convex hull is one span.
    if (left < right) fillSpan(mask, y, left, right, classId);
  }
  return rect;
}

/** The pixels of row `y` whose centres lie in a disc: first, and one past the last. */
function discSpan(cx: number, cy: number, radius: number, y: number): [number, number] | undefined {
  if (radius <= 0.5) return y === Math.floor(cy) ? [Math.floor(cx), Math.floor(cx) + 1] : undefined;
  const rise = y + 0.5 - cy;
  const half = Math.sqrt(radius * radius - rise * rise);
  if (Number.isNaN(half)) return undefined;
  const left = Math.ceil(cx - half - 0.5);
  const right = Math.floor(cx + half - 0.5) + 1;
  return left < right ? [left, right] : undefined;
}
