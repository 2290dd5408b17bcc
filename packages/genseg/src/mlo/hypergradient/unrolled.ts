/**
 * Exact differentiation through the recorded steps, optimiser included, by double backward
 * (Maclaurin et al. 2015; Franceschi et al. 2017). Memory grows with the number of steps.
 */
import { grad, type Tensor } from '@genseg/torch';
import { substitute, valuesOf } from '../../nn/index.ts';
import type { HypergradientMethod } from './method.ts';

export function unrolled(): HypergradientMethod {
  return {
    name: 'unrolled',
    pullBack(problem, steps, cotangent, inputs) {
      let values: Tensor[] = steps[0].before.map((w) => w.detach().requiresGrad_());
      let { state } = steps[0];
      for (const step of steps) {
        const at = values;
        const loss = substitute(problem.parameters, at, () => problem.replay(step));
        const gradients = grad(loss, at, { createGraph: true });
        ({ values, state } = problem.optimizer.lookahead(at, gradients, state));
      }
      return grad(values, valuesOf(inputs), { gradOutputs: cotangent });
    },
  };
}
