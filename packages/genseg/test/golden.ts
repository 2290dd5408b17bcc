/** Networks beside PyTorch's: reads what the scripts in golden/ wrote, sets weights as they do, and compares. */
import { readFileSync } from 'node:fs';
import { keep, scope, type Tensor } from '@genseg/torch';
import { expect } from 'vitest';
import { type Module, Parameter } from '../src/nn/index.ts';
import { wave } from './numeric.ts';

export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8')) as T;

/** A tensor as its norm and each `every`-th of its values. */
export interface Summary {
  every: number;
  norm: number;
  values: number[];
}

export const single = (x: Tensor): Tensor => x.to({ dtype: 'float32' });
const double = (x: Tensor): Tensor => x.to({ dtype: 'float64' });
export const norm = (x: Tensor): number => double(x).square().sum().sqrt().item();
/** The numbers of wave.py, which are rounded to float32, in float64. */
export const rounded = (shape: readonly number[], phase = 0): Tensor =>
  double(single(wave(shape, phase)));

/** The same module, its parameters and running statistics in float64; before optimisers are made. */
export function inDouble<M extends Module>(module: M): M {
  for (const slot of [...module.namedParameters().values(), ...module.namedBuffers().values()]) {
    if (slot.value.dtype !== 'float32') continue; // a count
    const value = keep(scope(() => double(slot.value.detach())));
    slot.value.dispose();
    slot.value = slot instanceof Parameter ? value.requiresGrad_() : value;
  }
  return module;
}

/**
 * The same module with the numbers that the reference has, by position among `names`, kind and size: kernels and
 * matrices of variance around `gain` over their inputs, scales around 1 by `spread`.
 */
export function fill<M extends Module>(
  module: M,
  names: Iterable<string> = module.stateDict().keys(),
  { gain = 1, spread = 0.3 } = {},
): M {
  const state = module.stateDict();
  scope(() => {
    [...names].forEach((name, k) => {
      const value = state.get(name)!.detach();
      if (value.dtype === 'int64') return; // counts and indices
      const numbers = rounded(value.shape, k);
      if (name.endsWith('table')) value.copy_(numbers);
      else if (value.dim > 1)
        value.copy_(numbers.mul(Math.sqrt(gain / (value.numel / value.shape[0]))));
      else if (/(weight|var)$/.test(name)) value.copy_(numbers.mul(spread).add(1));
      else value.copy_(numbers.mul(0.1));
    });
  });
  return module;
}

/** Relative to the tensor's typical value, to which `floor` is added. */
export function expectSummary(
  got: Tensor,
  reference: Summary,
  tolerance: number,
  { what = 'the tensor', floor = 0 } = {},
): void {
  const values = got.reshape([-1]).toArray();
  const typical = reference.norm / Math.sqrt(values.length) + floor;
  const differences = reference.values.map(
    (value, i) => Math.abs(values[i * reference.every] - value) / typical,
  );
  expect(Math.max(...differences), what).toBeLessThan(tolerance);
  const difference = Math.abs(norm(got) - reference.norm) / (reference.norm + floor);
  expect(difference, `norm of ${what}`).toBeLessThan(tolerance);
}
