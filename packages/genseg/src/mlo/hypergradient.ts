/**
 * The hypergradient of an upper problem: reverse-mode differentiation over the graph of problems.
 * The upper loss gives a gradient at the parameters of the lower problems it looks at; each problem,
 * lowest first, carries what it received through its own optimisation to the problems above it. So
 * the direct path (segmentation -> architecture) and the indirect one (segmentation -> generator ->
 * architecture) are sums over chains of edges, and leaving out an edge leaves out its path.
 */
import { grad, scope, type Tensor } from '@genseg/torch';
import { valuesOf } from '../nn/index.ts';
import type { Graph } from './graph.ts';
import type { HypergradientMethod } from './hypergradient/index.ts';
import type { Problem, Step } from './problem.ts';

export interface Hypergradient {
  /** The upper loss at the lower problems' present parameters. */
  loss: number;
  /** In the order and shapes of the upper problem's parameters. */
  gradients: Tensor[];
}

/**
 * @param trajectories each lower problem's latest steps, oldest first.
 * @param batch of the upper problem; it enters the upper loss and nothing else.
 * @throws TorchError for a missing gradient: an edge that the losses do not bear out.
 */
export function hypergradient(
  graph: Graph,
  upper: Problem,
  method: HypergradientMethod,
  trajectories: ReadonlyMap<Problem, readonly Step[]>,
  batch: unknown,
): Hypergradient {
  return scope(() => {
    const cotangents = new Map<Problem, Tensor[]>();
    const receive = (problem: Problem, gradients: readonly Tensor[]) => {
      const known = cotangents.get(problem);
      cotangents.set(problem, known ? known.map((g, i) => g.add(gradients[i])) : [...gradients]);
    };

    const lowers = graph.lowersOf(upper);
    const { loss, own, gradients } = scope(() => {
      const value = upper.evaluate(batch);
      const inputs = lowers.map((lower) => valuesOf(lower.parameters));
      // The upper parameters may also enter the upper loss itself, as a penalty on them does.
      const options = { allowUnused: true, retainGraph: true } as const;
      const own = grad(value, valuesOf(upper.parameters), options);
      return { loss: value.detach(), own, gradients: grad(value, inputs.flat()) };
    });
    let offset = 0;
    for (const lower of lowers) {
      receive(lower, gradients.slice(offset, offset + lower.parameters.length));
      offset += lower.parameters.length;
    }

    for (const problem of graph.lowestFirst(upper)) {
      const cotangent = cotangents.get(problem);
      if (!cotangent) continue; // beside the chains that lead to the upper loss
      const steps = trajectories.get(problem);
      if (!steps?.length)
        throw new TypeError(`no recorded step of '${problem.name}' to differentiate`);
      const above = graph.uppersOf(problem);
      const inputs = above.flatMap((p) => p.parameters);
      const pulled = scope(() => method.pullBack(problem, steps, cotangent, inputs));
      for (const p of above) receive(p, pulled.splice(0, p.parameters.length));
    }
    const through = cotangents.get(upper)!;
    const sum = through.map((g, i) => (own[i] ? g.add(own[i]) : g));
    return { loss: loss.item(), gradients: sum }; // read last, when a GPU has all there is to do
  });
}
