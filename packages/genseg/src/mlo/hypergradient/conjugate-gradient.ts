/**
 * Conjugate gradients for (H + damping I) x = v (Rajeswaran et al. 2019, iMAML), preconditioned by the
 * optimiser's step sizes. Needs H + damping I positive definite, which damping must see to away from
 * an optimum.
 */
import { scope, where } from '@genseg/torch';
import { pullBackImplicit } from './implicit.ts';
import type { HypergradientMethod } from './method.ts';
import { add, dot, multiply, norm, scale } from './vector.ts';

/** @param options.tolerance stops when the residual is below this part of |v|. */
export function conjugateGradient(
  options: { iterations?: number; damping?: number; tolerance?: number } = {},
): HypergradientMethod {
  const { iterations = 10, damping = 0, tolerance = 1e-10 } = options;
  return {
    name: 'conjugateGradient',
    pullBack(problem, steps, cotangent, inputs) {
      return pullBackImplicit(problem, steps, cotangent, inputs, (hessian, preconditioner, v) => {
        // Weights that the optimiser does not move have P = 0; the solver needs P > 0.
        const p = preconditioner.map((d) => where(d.gt(0), d, d.abs().mean().add(1e-12)));
        const residual = scale(v, 1);
        const direction = multiply(p, residual);
        let now = { x: scale(v, 0), residual, direction, rho: dot(residual, direction) };
        const goal = tolerance * norm(v);
        const iterate = ({ x, residual, direction, rho }: typeof now): typeof now => {
          const image = add(hessian(direction), direction, damping);
          const curvature = dot(direction, image);
          if (!(curvature > 0)) {
            throw new RangeError(
              `conjugateGradient: the lower loss has curvature ${curvature.toExponential(2)} along a direction; raise damping (now ${damping})`,
            );
          }
          const alpha = rho / curvature;
          const rest = add(residual, image, -alpha);
          const z = multiply(p, rest);
          const next = dot(rest, z);
          return {
            x: add(x, direction, alpha),
            residual: rest,
            direction: add(z, direction, next / rho),
            rho: next,
          };
        };
        for (let k = 0; k < iterations && norm(now.residual) > goal; k++)
          now = scope(() => iterate(now));
        return now.x;
      });
    },
  };
}
