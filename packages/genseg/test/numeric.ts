/** Numbers to test with: inputs that any language can make again, and derivatives by differences. */
import { grad, scope, type Tensor, tensor } from '@genseg/torch';

/** sin(phase + 0.7 i) for the i-th element: the same numbers as `wave` in test/golden/wave.py. */
export function wave(shape: readonly number[], phase = 0): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: count }, (_, i) => Math.sin(phase + 0.7 * i)),
    { shape },
  );
}

/** The largest absolute difference; NaN if one is NaN. */
export function largestDifference(a: Tensor, b: Tensor | readonly number[]): number {
  const expected = Array.isArray(b) ? (b as number[]) : (b as Tensor).toArray();
  const got = a.toArray();
  if (got.length !== expected.length) {
    throw new TypeError(`${got.length} values beside ${expected.length}`);
  }
  return Math.max(0, ...got.map((value, i) => Math.abs(value - expected[i])));
}

const dot = (a: readonly Tensor[], b: readonly Tensor[]): Tensor =>
  a.map((x, i) => x.mul(b[i]).sum()).reduce((sum, term) => sum.add(term));

/** A derivative by autograd and the central difference beside it. */
export interface Derivative {
  exact: number;
  difference: number;
}

/**
 * First and second derivatives of a scalar function of float64 tensors: grad f . u, and u^T H v, along
 * the directions u = wave(1), v = wave(2). The difference's error is of order step^2, apart from kinks.
 */
export function derivatives(
  f: (values: Tensor[]) => Tensor,
  at: readonly Tensor[],
  step = 1e-5,
): { first: Derivative; second: Derivative } {
  const u = at.map((x) => wave(x.shape, 1));
  const v = at.map((x) => wave(x.shape, 2));
  const along = (direction: readonly Tensor[], t: number) =>
    at.map((x, i) => x.detach().add(direction[i].mul(t)).requiresGrad_());
  const slope = (values: Tensor[]) => dot(grad(f(values), values, { createGraph: true }), u);
  const difference = (g: (values: Tensor[]) => Tensor, direction: readonly Tensor[]) =>
    scope(
      () => (g(along(direction, step)).item() - g(along(direction, -step)).item()) / (2 * step),
    );
  return scope(() => {
    const values = along(u, 0);
    const first = slope(values);
    const curvature = grad(first, values, { allowUnused: true });
    const used = curvature.map((c, i) => c ?? values[i].zerosLike());
    return {
      first: { exact: first.item(), difference: difference(f, u) },
      second: { exact: dot(used, v).item(), difference: difference(slope, v) },
    };
  });
}

export const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
export const mean = (x: readonly number[]): number => sum(x) / x.length;
export const softplus = (x: number): number => Math.log1p(Math.exp(x));
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Soft Dice loss with a smooth of 1, mean over the samples. @param p, t one after the other. */
export function plainDiceLoss(p: readonly number[], t: readonly number[], samples = 2): number {
  const size = p.length / samples;
  const dice = Array.from({ length: samples }, (_, n) => {
    const [ps, ts] = [p, t].map((x) => x.slice(n * size, (n + 1) * size));
    return (2 * sum(ps.map((value, i) => value * ts[i])) + 1) / (sum(ps) + sum(ts) + 1);
  });
  return 1 - mean(dice);
}

/** The segmentation loss of two samples in plain numbers: cross-entropy plus soft Dice loss. */
export function binaryLoss(logits: Tensor, mask: Tensor): number {
  const [z, t] = [logits.toArray(), mask.toArray().map(Number)];
  const entropy = mean(z.map((value, i) => softplus(value) - t[i] * value));
  return entropy + plainDiceLoss(z.map(sigmoid), t);
}
