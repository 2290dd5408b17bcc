/** What a recorded step holds of a mixture's gradient (problem.ts): its graph, from which the values are made again. */
import {
  Generator,
  grad,
  liveTensors,
  memory,
  mixKernels,
  noGrad,
  randn,
  scope,
} from '@genseg/torch';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Parameter, valuesOf } from '../nn/index.ts';
import { Adam, RMSprop, SGD } from '../optim/index.ts';
import { Graph, lowerToUpper, upperToLower } from './graph.ts';
import { unrolled } from './hypergradient/index.ts';
import { hypergradient } from './hypergradient.ts';
import { Problem, unrecorded } from './problem.ts';

let live = 0;
let generator: Generator;
beforeEach(() => {
  live = liveTensors();
  generator = new Generator(1);
});
afterEach(() => {
  generator.dispose();
  expect(liveTensors()).toBe(live);
});

test.each([1, 2])(
  'the gradients of a mixture in %i recorded steps are made when they are needed, for the same hypergradient',
  (count) => {
    for (const optimizer of [Adam, RMSprop, SGD])
      scope(() => {
        const shares = new Parameter(randn([3], { generator }));
        const kernels = [4, 6, 8].map((k) => new Parameter(randn([2, 3, k, k], { generator })));
        const upper = new Problem('upper', {
          optimizer: new SGD([shares], 0),
          draw: () => null,
          loss: () => kernels.map((k) => k.value.cos().sum()).reduce((a, b) => a.add(b)),
        });
        const lower = new Problem('lower', {
          optimizer: new optimizer(kernels, 0.05),
          draw: () => null,
          loss: () => mixKernels(valuesOf(kernels), shares.value)!.sin().sum(),
        });
        const start = valuesOf(kernels).map((value) => value.detach().clone());
        const state = lower.optimizer.stateDict();
        const before = new Map([...state.tensors].map(([name, t]) => [name, t.clone()]));
        const found = (['recorded', 'unrecorded', 'plain'] as const).map((kind) => {
          noGrad(() => kernels.forEach((k, i) => void k.value.copy_(start[i])));
          lower.optimizer.loadStateDict({ step: 0, tensors: before });
          const taken = Array.from(
            { length: count },
            () => lower.recordedStep({ differentiable: kind !== 'plain' }).step,
          );
          const steps = kind === 'unrecorded' ? taken.map((step) => unrecorded(step)) : taken;
          for (const { gradients } of steps)
            expect(gradients.map((gradient) => typeof gradient === 'function')).toEqual(
              kernels.map(() => kind === 'recorded'),
            );
          const graph = new Graph([upperToLower(upper, lower), lowerToUpper(lower, upper)]);
          const trajectories = new Map([[lower, steps]]);
          const evaluate = () =>
            hypergradient(graph, upper, unrolled(), trajectories, null).gradients[0].toArray();
          if (kind === 'unrecorded') evaluate(); // the second must be as the first
          return evaluate() as number[];
        });
        expect(found[2].every((x) => Number.isFinite(x) && x !== 0)).toBe(true);
        expect(found[0]).toEqual(found[2]);
        expect(found[1]).toEqual(found[2]);
        for (const problem of [upper, lower]) problem.optimizer.dispose();
        for (const { value } of [shares, ...kernels]) value.dispose();
      });
  },
);

test("a recorded step does not hold a mixture's gradient beside its graph", () => {
  scope(() => {
    const shares = new Parameter(randn([3], { generator }));
    const kernels = [4, 6, 8].map((k) => new Parameter(randn([64, 32, k, k], { generator })));
    const values = valuesOf(kernels);
    const lossOf = () => mixKernels(valuesOf(kernels), shares.value)!.sin().sum();
    const problem = new Problem('lower', {
      optimizer: new SGD(kernels, 0.05),
      draw: () => null,
      loss: lossOf,
    });
    /** Bytes that the result holds, what only its graph keeps among them. */
    const held = (make: () => unknown): number => {
      const before = memory().live;
      return scope(() => {
        const made = make();
        const growth = memory().live - before;
        return made ? growth : Number.NaN;
      });
    };
    const size = 4 * values.reduce((sum, { numel }) => sum + numel, 0);
    const graphAndGradient = held(() => scope(() => grad(lossOf(), values, { createGraph: true })));
    const step = held(() => problem.recordedStep({ differentiable: true, latest: true }));
    const copyOfValues = size;
    expect(step).toBeGreaterThan(copyOfValues);
    expect(step).toBeLessThan(copyOfValues + graphAndGradient - 0.9 * size);
    problem.optimizer.dispose();
    for (const { value } of [shares, ...kernels]) value.dispose();
  });
});
