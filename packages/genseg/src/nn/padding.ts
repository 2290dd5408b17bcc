/** Images of any size for networks that halve theirs several times. */
import { cat, type Tensor } from '@genseg/torch';

/** Repeats the last row (dim 2) or column (dim 3) until the size divides. */
function extend(x: Tensor, dim: number, multiple: number): Tensor {
  const size = x.shape[dim];
  const missing = (multiple - (size % multiple)) % multiple;
  if (missing === 0) return x;
  const edge = x.narrow(dim, size - 1, 1);
  return cat([x, ...Array.from({ length: missing }, () => edge)], { dim });
}

/** The input extended below and to the right by its border pixels to a multiple in height and width. */
export const extendedToMultiple = (input: Tensor, multiple: number): Tensor =>
  extend(extend(input, 2, multiple), 3, multiple);

/**
 * Runs `body` on the input extended below and to the right by its border pixels to a multiple in height
 * and width, and cuts what `body` returns, of the same size, back.
 */
export function paddedToMultiple(
  input: Tensor,
  multiple: number,
  body: (padded: Tensor) => Tensor,
): Tensor {
  return croppedTo(input, body(extendedToMultiple(input, multiple)));
}

/** What lies over the input of a result for the extended one, of the same resolution. */
export function croppedTo(input: Tensor, extended: Tensor): Tensor {
  const [, , height, width] = input.shape;
  return extended.narrow(2, 0, height).narrow(3, 0, width);
}
