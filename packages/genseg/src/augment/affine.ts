/**
 * Affine maps of the plane as plain numbers. Positions are pixels from the image's centre, x to the
 * right and y down. A map takes a place of the output to the place of the input that is seen there;
 * so it is the inverse of what happens to the image.
 */

/** x' = a x + b y + c, y' = d x + e y + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const identity: Affine = [1, 0, 0, 0, 1, 0];

/** The map `p` after the map `q`. For the image: p's change first, then q's. */
export function compose(p: Affine, q: Affine): Affine {
  const [a, b, c, d, e, f] = p;
  const [g, h, i, j, k, l] = q;
  return [
    a * g + b * j,
    a * h + b * k,
    a * i + b * l + c,
    d * g + e * j,
    d * h + e * k,
    d * i + e * l + f,
  ];
}

/** Turns the image counter-clockwise as seen. */
export function rotation(degrees: number): Affine {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos, -sin, 0, sin, cos, 0];
}

/** Moves the image by pixels, right and down. */
export const translation = (x: number, y: number): Affine => [1, 0, -x, 0, 1, -y];

/** Enlarges the image about its centre; -1 mirrors it. */
export const scaling = (x: number, y: number): Affine => [1 / x, 0, 0, 0, 1 / y, 0];

/** Slants the image: rows move sideways by tan(degrees) pixels for each pixel down. */
export const shearing = (degrees: number): Affine => [
  1,
  -Math.tan((degrees * Math.PI) / 180),
  0,
  0,
  1,
  0,
];

/** Shows the input from `left` to `right` and `top` to `bottom` (parts of its sides, 0 to 1) in the whole frame. */
export function window(
  box: { left: number; right: number; top: number; bottom: number },
  { height, width }: { height: number; width: number },
): Affine {
  const { left, right, top, bottom } = box;
  return [
    right - left,
    0,
    ((left + right - 1) / 2) * width,
    0,
    bottom - top,
    ((top + bottom - 1) / 2) * height,
  ];
}
