/** Terms that the optimisers' formulas share, and the checks of their options. */
import type { Tensor } from '@genseg/torch';

/** The gradient of loss + decay / 2 |value|^2. */
export const withDecay = (gradient: Tensor, value: Tensor, decay: number): Tensor =>
  decay === 0 ? gradient : gradient.add(value, { alpha: decay });

/** a + b, where there is a b. */
export const plus = (a: Tensor, b: Tensor | undefined): Tensor => (b ? a.add(b) : a);

/**
 * The root of the mean square gradient, and infinity where that is 0. There every gradient has been 0,
 * so the numerator is 0 and the step is 0 with either denominator; but the root has no derivative at 0,
 * and 1 / eps is no answer to "how far would this weight move". Divided by infinity, a weight that has
 * never had a gradient stays still and does not respond.
 */
export const rootMeanSquare = (meanSquare: Tensor): Tensor =>
  meanSquare.threshold(0, Number.POSITIVE_INFINITY).sqrt();

/** @throws TypeError unless the value is in [0, 1). */
export function requireShare(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new TypeError(`${name} must be in [0, 1), got ${value}`);
}

/** @throws TypeError unless the value is a finite number >= 0. */
export function requireNonNegative(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value)))
    throw new TypeError(`${name} must be a finite number >= 0, got ${value}`);
}
