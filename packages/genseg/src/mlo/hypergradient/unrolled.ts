/**
 * Exact differentiation through the recorded steps, optimiser included (Maclaurin et al. 2015; Franceschi
 * et al. 2017), in reverse. With g_k(a) = grad_w L(w_k; a) and U the optimiser's update of weights and state s,
 *
 *   (w_k+1, s_k+1) = U(w_k, g_k(a), s_k)
 *
 * a cotangent of (w_k+1, s_k+1) becomes one of (w_k, g_k, s_k) by the derivative of U, which is known in
 * closed form, and that of g_k one of a and w_k by double backward. One step's graph exists at a time,
 * unless the steps were taken with theirs kept.
 */
import { grad, scope, type Tensor, TorchError } from '@genseg/torch';
import { valuesOf } from '../../nn/index.ts';
import type { Cotangents } from '../../optim/index.ts';
import type { HypergradientMethod } from './method.ts';
import { add } from './vector.ts';

export function unrolled(): HypergradientMethod {
  return {
    name: 'unrolled',
    differentiatesSteps: true,
    pullBack(problem, steps, cotangent, inputs) {
      const { optimizer } = problem;
      const [first, ...later] = steps;
      const by = valuesOf(inputs);
      let after: Cotangents = { values: cotangent };
      let sum: Tensor[] | null = null;
      for (const step of later.reverse()) {
        const { through, before } = scope(() => {
          const pulled = optimizer.pullBack({ values: step.before, ...step }, after);
          const { values: own, gradients } = problem.recordingOf(step);
          const [through, curvature] = throughGradients(gradients, pulled.gradients, [by, own]);
          const values = pulled.values.map((v, i) => (curvature[i] ? v.add(curvature[i]) : v));
          return { through: complete(through), before: { values, slots: pulled.slots } };
        });
        after = before;
        sum = sum ? add(sum, through) : through;
      }
      const gradOutputs = optimizer.pullBackGradients({ values: first.before, ...first }, after);
      const { gradients } = problem.recordingOf(first);
      const through = complete(throughGradients(gradients, gradOutputs, [by])[0]);
      return sum ? add(sum, through) : through;
    },
  };
}

/** Double backward, to lists of inputs. A gradient may be constant, and not depend on an input. */
function throughGradients(
  gradients: readonly Tensor[],
  cotangents: readonly Tensor[],
  inputs: readonly (readonly Tensor[])[],
): (Tensor | null)[][] {
  const recorded = gradients.map((_, i) => i).filter((i) => gradients[i].requiresGrad);
  if (recorded.length === 0) return inputs.map((list) => list.map(() => null));
  const outputs = recorded.map((i) => gradients[i]);
  const gradOutputs = recorded.map((i) => cotangents[i]);
  const all = grad(outputs, inputs.flat(), { gradOutputs, allowUnused: true });
  return inputs.map((list) => all.splice(0, list.length));
}

function complete(gradients: readonly (Tensor | null)[]): Tensor[] {
  const missing = gradients.indexOf(null);
  if (missing < 0) return gradients as Tensor[];
  throw new TorchError(`input ${missing} has no gradient: the lower loss does not depend on it`);
}
