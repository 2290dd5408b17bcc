/**
 * Batch normalisation taken into the convolution before it: in evaluation it scales and shifts each channel by
 * constants, which the convolution's weight and bias can hold (Jacob et al. 2018, "Quantization and Training of
 * Neural Networks", sect. 3.2). Only rounding changes. Instance, group and layer normalisation depend on the
 * image, and stay.
 */
import { noGrad, scope } from '@genseg/torch';
import { Conv2d } from './conv.ts';
import type { Module } from './module.ts';
import { BatchNorm2d } from './norm.ts';

/**
 * Makes a module one for prediction alone: its weights are no longer those that were trained.
 *
 * @param module in evaluation mode. @returns how many normalisations are gone by this call.
 */
export function foldNorms(module: Module): number {
  if (module.training)
    throw new TypeError('foldNorms: the module is in training; call eval() first');
  let folded = 0;
  for (const [first, next] of module.successions()) {
    if (!(first instanceof Conv2d && next instanceof BatchNorm2d) || next.dissolved) continue;
    scope(() =>
      noGrad(() => {
        const { scale, shift } = next.dissolve();
        first.absorb(scale, shift);
      }),
    );
    folded += 1;
  }
  return folded;
}
