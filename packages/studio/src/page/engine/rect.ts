/** Rectangles of whole pixels: which part of a mask changed. */

/** Left and top are inside, right and bottom are outside. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const emptyRect: Rect = { left: 0, top: 0, right: 0, bottom: 0 };

export const isEmpty = ({ left, top, right, bottom }: Rect): boolean =>
  right <= left || bottom <= top;

/** The smallest rectangle around both; an empty one adds nothing. */
export function union(a: Rect, b: Rect): Rect {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** The part of a rectangle inside an image of the given size. */
export function clip(rect: Rect, width: number, height: number): Rect {
  const inside = {
    left: Math.max(0, rect.left),
    top: Math.max(0, rect.top),
    right: Math.min(width, rect.right),
    bottom: Math.min(height, rect.bottom),
  };
  return isEmpty(inside) ? emptyRect : inside;
}
