/**
 * The part that implicit methods share: at the optimum w*(a), grad_w L(w*; a) = 0, hence
 *
 *   d<w*(a), v>/da = - d/da <grad_w L(w*; a), x>,    H x = v,    H = Hessian of L in w.
 *
 * The methods differ in how they solve for x. Products with H are exact, by double backward.
 */
import { grad, scope, type Tensor } from '@genseg/torch';
import { type Parameter, valuesOf } from '../../nn/index.ts';
import type { Problem, Step } from '../problem.ts';
import { scale, type Vector } from './vector.ts';

/** v -> H v at the present parameters, for the loss of one step's batch. */
export type HessianProduct = (v: Vector) => Tensor[];

/** @param solve returns x from v, given products with H and the optimiser's preconditioner. */
export function pullBackImplicit(
  problem: Problem,
  steps: readonly Step[],
  cotangent: Vector,
  inputs: readonly Parameter[],
  solve: (hessian: HessianProduct, preconditioner: Vector, v: Vector) => Tensor[],
): Tensor[] {
  const step = steps.at(-1)!;
  const values = valuesOf(problem.parameters);
  const gradients = grad(problem.replay(step), values, { createGraph: true });
  const along = (x: Vector) => ({ gradOutputs: x, retainGraph: true });
  const hessian: HessianProduct = (v) => scope(() => grad(gradients, values, along(v)));
  const preconditioner = problem.optimizer.preconditioner(step.before, step.gradients, step.state);
  const x = solve(hessian, preconditioner, cotangent);
  return scale(grad(gradients, valuesOf(inputs), along(x)), -1);
}
