/** Zoom and pan: from image pixels to the screen's (CSS pixels) and back. */
import type { Rect } from './rect.ts';
import type { Point } from './stroke.ts';

/** screen = image * scale + offset */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const minScale = 1 / 32;
const maxScale = 32;

export const toImage = ({ scale, x, y }: View, at: Point): Point => ({
  x: (at.x - x) / scale,
  y: (at.y - y) / scale,
});

export const toScreen = ({ scale, x, y }: View, at: Point): Point => ({
  x: at.x * scale + x,
  y: at.y * scale + y,
});

/** The whole image in the middle, with a margin in CSS pixels around it. */
export function fit(image: Size, screen: Size, margin = 16): View {
  const scale = clamp(
    Math.min(
      (screen.width - 2 * margin) / image.width,
      (screen.height - 2 * margin) / image.height,
    ),
    minScale,
    maxScale,
  );
  return {
    scale,
    x: (screen.width - image.width * scale) / 2,
    y: (screen.height - image.height * scale) / 2,
  };
}

/** Zooms by a factor; the image point under `at` (on the screen) stays where it is. */
export function zoomAt(view: View, at: Point, factor: number): View {
  const scale = clamp(view.scale * factor, minScale, maxScale);
  const fixed = toImage(view, at);
  return { scale, x: at.x - fixed.x * scale, y: at.y - fixed.y * scale };
}

export const pan = (view: View, dx: number, dy: number): View => ({
  ...view,
  x: view.x + dx,
  y: view.y + dy,
});

/** Two fingers moved: their middle carries the image along, their distance zooms. */
export function pinch(view: View, before: [Point, Point], after: [Point, Point]): View {
  const from = middle(before);
  const to = middle(after);
  const factor = distance(after) / Math.max(1, distance(before));
  return zoomAt(pan(view, to.x - from.x, to.y - from.y), to, factor);
}

/** Moves the view so that some of the image stays on the screen. */
export function keepInSight(view: View, image: Size, screen: Size, visible = 64): View {
  return {
    scale: view.scale,
    x: clamp(view.x, visible - image.width * view.scale, screen.width - visible),
    y: clamp(view.y, visible - image.height * view.scale, screen.height - visible),
  };
}

/** The screen's pixels that a rectangle of the image covers, with one more all around for smoothing. */
export function screenRect(view: View, { left, top, right, bottom }: Rect): Rect {
  const from = toScreen(view, { x: left, y: top });
  const to = toScreen(view, { x: right, y: bottom });
  return {
    left: Math.floor(from.x) - 1,
    top: Math.floor(from.y) - 1,
    right: Math.ceil(to.x) + 1,
    bottom: Math.ceil(to.y) + 1,
  };
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
const middle = ([a, b]: [Point, Point]): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const distance = ([a, b]: [Point, Point]): number => Math.hypot(a.x - b.x, a.y - b.y);
