/** Lists of tensors as vectors of one space. */
import type { Tensor } from '@genseg/torch';

export type Vector = readonly Tensor[];

export const add = (a: Vector, b: Vector, scale = 1): Tensor[] =>
  a.map((x, i) => x.add(b[i], { alpha: scale }));

export const multiply = (a: Vector, b: Vector): Tensor[] => a.map((x, i) => x.mul(b[i]));

export const scale = (a: Vector, factor: number): Tensor[] => a.map((x) => x.mul(factor));

export const dot = (a: Vector, b: Vector): number =>
  a.reduce((sum, x, i) => sum + x.to({ dtype: 'float64' }).mul(b[i]).sum().item(), 0);

export const norm = (a: Vector): number => Math.sqrt(dot(a, a));

/** The cosine of the angle between two vectors; NaN where one is zero. */
export const cosine = (a: Vector, b: Vector): number => dot(a, b) / (norm(a) * norm(b));
