/**
 * Neumann series for the inverse Hessian (Lorraine et al. 2020), with the optimiser's preconditioner P
 * as the step: H^-1 v = P sum_k (I - H P)^k v. With `terms` = 1 it looks through one step; the series
 * converges when a step of the optimiser does (spectral radius of I - P H below 1).
 */

import { pullBackImplicit } from './implicit.ts';
import type { HypergradientMethod } from './method.ts';
import { add, multiply } from './vector.ts';

/** @param options.terms number of terms of the series, at least 1. */
export function neumann(options: { terms?: number } = {}): HypergradientMethod {
  const { terms = 5 } = options;
  return {
    name: 'neumann',
    pullBack(problem, steps, cotangent, inputs) {
      return pullBackImplicit(problem, steps, cotangent, inputs, (hessian, p, v) => {
        let term = v;
        let sum = v;
        for (let k = 1; k < terms; k++) {
          term = add(term, hessian(multiply(p, term)), -1);
          sum = add(sum, term);
        }
        return multiply(p, sum);
      });
    },
  };
}
