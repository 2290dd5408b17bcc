/**
 * Central finite difference along the preconditioned validation gradient (DARTS, Liu et al. 2019, eq. 8;
 * with the optimiser's own preconditioner P as in SAMA, Choe et al. 2023). First-order gradients only.
 *
 *   w'  = w - P grad_w L(w; a)
 *   d<w', v>/da = - d/da <grad_w L(w; a), P v>
 *              ~= - (grad_a L(w + e P v; a) - grad_a L(w - e P v; a)) / 2e,    e = R / |P v|
 *
 * Both evaluations repeat the step's batch and random draws: with independent draws the difference is
 * noise for small R. It looks through the last step alone.
 */
import { grad, scope, type Tensor } from '@genseg/torch';
import { substitute, valuesOf } from '../../nn/index.ts';
import type { HypergradientMethod } from './method.ts';
import { add, multiply, norm, scale } from './vector.ts';

/** @param options.radius R, the length of the displacement in parameter space. */
export function finiteDifference(options: { radius?: number } = {}): HypergradientMethod {
  const { radius = 0.1 } = options;
  return {
    name: 'finiteDifference',
    pullBack(problem, steps, cotangent, inputs) {
      const step = steps.at(-1)!;
      const preconditioner = problem.optimizer.preconditioner(
        step.before,
        step.gradients,
        step.state,
      );
      const direction = multiply(preconditioner, cotangent);
      const length = norm(direction);
      if (length === 0) return inputs.map((input) => input.value.detach().zerosLike());
      const epsilon = radius / length;

      const gradientAt = (offset: number): Tensor[] =>
        scope(() => {
          const shifted = add(step.before, direction, offset);
          return substitute(problem.parameters, shifted, () =>
            grad(problem.replay(step), valuesOf(inputs)),
          );
        });
      const difference = add(gradientAt(epsilon), gradientAt(-epsilon), -1);
      return scale(difference, -1 / (2 * epsilon));
    },
  };
}
