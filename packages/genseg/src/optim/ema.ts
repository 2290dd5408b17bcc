/**
 * Exponential moving average of a module's state (Polyak and Juditsky 1992; as the teacher of Tarvainen
 * and Valpola 2017). The average is a module too, built like the one it follows: it predicts, and saves
 * and loads its state, with no further means.
 */
import { foreachAdd_, foreachSub, noGrad, scope, type Tensor } from '@genseg/torch';
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
    const away = { tensors: [] as Tensor[], ends: [] as Tensor[] };
    for (const [name, tensor] of target) {
      const next = source.get(name)!;
      if (!/float/.test(tensor.dtype))
        tensor.copy_(next); // counters and indices have no mean
      else if (tensor.device === 'cpu') tensor.lerp_(next, weight);
      else {
        away.tensors.push(tensor);
        away.ends.push(next);
      }
    }
    if (away.tensors.length > 0) scope(() => lerpEach(away.tensors, away.ends, weight));
  });
}

/**
 * `lerp_` of each tensor to its end in few operators: for GPUs, where their number is what costs. On a CPU it gives the same
 * bits, and is the slower one, as it goes over memory twice. From 1/2 on `lerp_` has another formula, which only the first
 * steps of an average meet.
 */
export function lerpEach(
  tensors: readonly Tensor[],
  ends: readonly Tensor[],
  weight: number,
): void {
  if (weight < 0.5) foreachAdd_(tensors, foreachSub(ends, tensors), { alpha: weight });
  else for (const [i, tensor] of tensors.entries()) tensor.lerp_(ends[i], weight);
}
