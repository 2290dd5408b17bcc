/**
 * Exponential moving average of a module's state (Polyak and Juditsky 1992; as the teacher of Tarvainen
 * and Valpola 2017). The average is a module too, built like the one it follows: it predicts, and saves
 * and loads its state, with no further means.
 */
import { noGrad } from '@genseg/torch';
import type { Module } from '../nn/index.ts';
import { requireShare } from './formula.ts';

/**
 * Moves `average` towards `module`: average = d average + (1 - d) module, for parameters and buffers.
 * Early on d is 1 - 1 / (step + 1), a plain mean, so that step 0 copies and the start is forgotten.
 *
 * @param step number of earlier updates. @throws TypeError when the modules differ in their keys.
 */
export function updateAverage(
  average: Module,
  module: Module,
  options: { step: number; decay?: number },
): void {
  const { step, decay = 0.999 } = options;
  requireShare('decay', decay);
  const source = module.stateDict();
  const target = average.stateDict();
  for (const name of new Set([...source.keys(), ...target.keys()])) {
    if (!source.has(name) || !target.has(name))
      throw new TypeError(`updateAverage: only one of the two modules has ${name}`);
  }
  const weight = 1 - Math.min(decay, 1 - 1 / (step + 1));
  noGrad(() => {
    for (const [name, tensor] of target) {
      const next = source.get(name)!;
      if (!/float/.test(tensor.dtype))
        tensor.copy_(next); // counters and indices have no mean
      else tensor.lerp_(next, weight);
    }
  });
}
