/**
 * A chain of quadratic problems whose hypergradients are known in closed form (float64):
 *
 *   u*(a) = argmin_u |u - A a|^2 / 2                            (the middle problem)
 *   w*(a) = argmin_w w'Hw/2 - w'(B u + C a)                     (the lowest)
 *   min_a |w*(a) - t|^2 / 2
 */
import {
  eye,
  type Generator,
  linalgInv,
  liveTensors,
  matmul,
  Generator as RandomGenerator,
  randn,
  scope,
  type Tensor,
  tensor,
} from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Parameter, valuesOf } from '../nn/index.ts';
import { Adam, type Optimizer, RMSprop, SGD } from '../optim/index.ts';
import { Graph, lowerToUpper, upperToLower } from './graph.ts';
import {
  conjugateGradient,
  cosine,
  finiteDifference,
  type HypergradientMethod,
  neumann,
  unrolled,
} from './hypergradient/index.ts';
import { hypergradient } from './hypergradient.ts';
import { Problem, type Step, unrecorded } from './problem.ts';

const n = 5;
let live = 0;
let generator: Generator;
beforeEach(() => {
  live = liveTensors();
  generator = new RandomGenerator(1);
});
afterEach(() => {
  generator.dispose();
  expect(liveTensors()).toBe(live);
});

const matrix = (rows: number, columns: number) =>
  randn([rows, columns], { generator, dtype: 'float64' });

/** A leaf in a module's slot, and what frees it. */
const slot = (value: Tensor): Parameter => new Parameter(value);

interface Chain {
  a: Parameter;
  u: Parameter;
  w: Parameter;
  A: Tensor;
  B: Tensor;
  C: Tensor;
  H: Tensor;
  t: Tensor;
}

function makeChain(): Chain {
  const root = matrix(n, n);
  return {
    a: slot(matrix(3, 1)),
    u: slot(matrix(4, 1)),
    w: slot(matrix(n, 1)),
    A: matrix(4, 3),
    B: matrix(n, 4),
    C: matrix(n, 3),
    // Eigenvalues between 1 and 2, so that plain gradient descent converges quickly.
    H: matmul(root, root.transpose(0, 1))
      .div(matmul(root, root.transpose(0, 1)).trace())
      .add(eye(n, { dtype: 'float64' })),
    t: matrix(n, 1),
  };
}

const half = (x: Tensor) => x.square().sum().div(2);

function makeProblems(chain: Chain, optimizer: (p: Parameter[]) => Optimizer) {
  const { a, u, w, A, B, C, H, t } = chain;
  const problem = (name: string, parameter: Parameter, loss: () => Tensor) =>
    new Problem<null>(name, { optimizer: optimizer([parameter]), draw: () => null, loss });
  const upper = problem('upper', a, () => half(w.value.sub(t)));
  const middle = problem('middle', u, () => half(u.value.sub(matmul(A, a.value))));
  const lowest = problem('lowest', w, () => {
    const linear = matmul(B, u.value).add(matmul(C, a.value));
    return matmul(w.value.transpose(0, 1), matmul(H, w.value).div(2).sub(linear)).sum();
  });
  return { upper, middle, lowest };
}

const edgesOf = ({ upper, middle, lowest }: ReturnType<typeof makeProblems>) => [
  upperToLower(upper, middle),
  upperToLower(upper, lowest),
  upperToLower(middle, lowest),
  lowerToUpper(lowest, upper),
];

function disposeAll(chain: Chain, problems: ReturnType<typeof makeProblems>): void {
  for (const p of [chain.a, chain.u, chain.w]) p.value.dispose();
  for (const problem of Object.values(problems)) problem.optimizer.dispose();
}

const take = (problem: Problem, count: number): Step[] =>
  Array.from({ length: count }, () => problem.recordedStep().step);

const lr = 0.3;

describe('the last step, in closed form', () => {
  // w' = w - lr (H w - B u' - C a) and u' = u - lr (u - A a), so dw'/da = lr C + lr B (lr A).
  const oneStep: HypergradientMethod[] = [finiteDifference(), unrolled(), neumann({ terms: 1 })];
  test.each(oneStep.map((method) => [method.name, method] as const))('%s', (_, method) => {
    scope(() => {
      const chain = makeChain();
      const problems = makeProblems(chain, (p) => new SGD(p, lr));
      const middle = take(problems.middle, 1);
      const lowest = take(problems.lowest, 1);
      const graph = new Graph(edgesOf(problems));
      const found = hypergradient(
        graph,
        problems.upper,
        method,
        new Map([
          [problems.middle, middle],
          [problems.lowest, lowest],
        ]),
        null,
      );
      const jacobian = chain.C.mul(lr).add(matmul(chain.B, chain.A).mul(lr * lr));
      const expected = matmul(jacobian.transpose(0, 1), chain.w.value.sub(chain.t));
      expect(found.gradients[0].sub(expected).abs().max().item()).toBeLessThan(1e-6);
      disposeAll(chain, problems);
    });
  });
});

describe('the optimum, in closed form', () => {
  // dw*/da = H^-1 (C + B A), reached by solvers, or by differentiating through steps that reach it.
  const atOptimum: [HypergradientMethod, number][] = [
    [conjugateGradient({ iterations: 20 }), 1],
    [neumann({ terms: 100 }), 1],
    [unrolled(), 60],
  ];
  test.each(atOptimum.map(([method, steps]) => [method.name, method, steps] as const))(
    '%s',
    (_, method, steps) => {
      scope(() => {
        const chain = makeChain();
        const problems = makeProblems(chain, (p) => new SGD(p, lr));
        take(problems.middle, 100);
        take(problems.lowest, 100);
        const trajectories = new Map([
          [problems.middle, take(problems.middle, steps)],
          [problems.lowest, take(problems.lowest, steps)],
        ]);
        const found = hypergradient(
          new Graph(edgesOf(problems)),
          problems.upper,
          method,
          trajectories,
          null,
        );
        const jacobian = matmul(linalgInv(chain.H), chain.C.add(matmul(chain.B, chain.A)));
        const expected = matmul(jacobian.transpose(0, 1), chain.w.value.sub(chain.t));
        expect(found.gradients[0].sub(expected).abs().max().item()).toBeLessThan(1e-6);
        disposeAll(chain, problems);
      });
    },
  );
});

describe('optimisers that are not plain descent', () => {
  const optimizers: [string, (p: Parameter[]) => Optimizer][] = [
    ['sgd with momentum', (p) => new SGD(p, 0.1, { momentum: 0.9 })],
    ['RMSprop', (p) => new RMSprop(p, 0.01, { momentum: 0.9, weightDecay: 1e-2 })],
    ['Adam', (p) => new Adam(p, 0.01, { betas: [0.5, 0.999] })],
  ];
  test.each(optimizers)(
    '%s: unrolled equals a central difference of the retrained loss',
    (_, optimizer) => {
      scope(() => {
        const chain = makeChain();
        const problems = makeProblems(chain, optimizer);
        const { upper, lowest } = problems;
        take(lowest, 3);
        const steps = take(lowest, 5);
        const graph = new Graph([upperToLower(upper, lowest), lowerToUpper(lowest, upper)]);
        const found = hypergradient(graph, upper, unrolled(), new Map([[lowest, steps]]), null);
        const retrained = (shift: Tensor): number => {
          let { state, before: values }: { state: Step['state']; before: readonly Tensor[] } =
            steps[0];
          const a = chain.a.value.detach().add(shift);
          for (const _step of steps) {
            const linear = matmul(chain.B, chain.u.value.detach()).add(matmul(chain.C, a));
            ({ values, state } = lowest.optimizer.lookahead(
              values,
              [matmul(chain.H, values[0]).sub(linear)],
              state,
            ));
          }
          return half(values[0].sub(chain.t)).item();
        };
        const e = 1e-4;
        for (let i = 0; i < 3; i++) {
          const shift = tensor(
            [0, 1, 2].map((j) => (j === i ? e : 0)),
            { shape: [3, 1], dtype: 'float64' },
          );
          const difference = (retrained(shift) - retrained(shift.neg())) / (2 * e);
          expect(found.gradients[0].at(i, 0).item()).toBeCloseTo(difference, 6);
        }
        disposeAll(chain, problems);
      });
    },
  );

  test.each(optimizers)('%s: finiteDifference accounts for the preconditioner', (_, optimizer) => {
    scope(() => {
      const chain = makeChain();
      const problems = makeProblems(chain, optimizer);
      const { upper, lowest } = problems;
      take(lowest, 3);
      const trajectories = new Map([[lowest, take(lowest, 1)]]);
      const graph = new Graph([upperToLower(upper, lowest), lowerToUpper(lowest, upper)]);
      const exact = hypergradient(graph, upper, unrolled(), trajectories, null);
      const found = hypergradient(graph, upper, finiteDifference(), trajectories, null);
      expect(cosine(found.gradients, exact.gradients)).toBeCloseTo(1, 6);
      expect(found.gradients[0].sub(exact.gradients[0]).abs().max().item()).toBeLessThan(1e-6);
      disposeAll(chain, problems);
    });
  });
});

test.each([1, 3])(
  '%i steps whose graphs were kept give what evaluating them again gives',
  (count) => {
    scope(() => {
      const chain = makeChain();
      const problems = makeProblems(chain, (p) => new Adam(p, 0.05));
      const graph = new Graph(edgesOf(problems));
      for (const problem of [problems.middle, problems.lowest]) take(problem, 2);
      const kept = (problem: Problem) =>
        Array.from({ length: count }, () => problem.recordedStep({ differentiable: true }).step);
      const trajectories = new Map<Problem, Step[]>();
      for (const problem of [problems.middle, problems.lowest])
        trajectories.set(problem, kept(problem));
      const without = new Map(
        [...trajectories].map(([problem, steps]) => [
          problem,
          steps.map((step) => {
            expect(step.recording).toBeDefined();
            return unrecorded(step);
          }),
        ]),
      );
      const [again, once] = [without, trajectories].map(
        (steps) => hypergradient(graph, problems.upper, unrolled(), steps, null).gradients[0],
      );
      expect(once.abs().max().item()).toBeGreaterThan(0);
      expect(once.sub(again).abs().max().item()).toBeLessThan(1e-12);
      disposeAll(chain, problems);
    });
  },
);

test.each([1, 3])(
  '%i steps, of which the latest has no copy of the state, give the same',
  (count) => {
    for (const optimizer of [Adam, RMSprop, SGD]) {
      scope(() => {
        const chain = makeChain();
        const problems = makeProblems(chain, (p) => new optimizer(p, 0.05, { momentum: 0.5 }));
        const graph = new Graph(edgesOf(problems));
        const copied = new Map<Problem, Step[]>();
        const own = new Map<Problem, Step[]>();
        for (const problem of [problems.middle, problems.lowest]) {
          take(problem, 2);
          const earlier = take(problem, count - 1);
          const state = problem.optimizer.snapshot();
          const { step } = problem.recordedStep({ latest: true });
          own.set(problem, [...earlier, step]);
          copied.set(problem, [...earlier, { ...step, state, stateAfter: false }]);
        }
        const [found, expected] = [own, copied].map((steps) =>
          hypergradient(graph, problems.upper, unrolled(), steps, null).gradients[0].toArray(),
        );
        expect(expected.some((x) => x !== 0)).toBe(true);
        expect(found).toEqual(expected);
        disposeAll(chain, problems);
      });
    }
  },
);

test('parameters and optimiser state are bit for bit the same after a hypergradient', () => {
  scope(() => {
    const chain = makeChain();
    const problems = makeProblems(chain, (p) => new RMSprop(p, 0.01));
    const trajectories = new Map([
      [problems.middle, take(problems.middle, 2)],
      [problems.lowest, take(problems.lowest, 2)],
    ]);
    const look = () =>
      Object.values(problems).flatMap((problem) =>
        [...valuesOf(problem.parameters), ...problem.optimizer.stateDict().tensors.values()].map(
          (x) => x.toArray(),
        ),
      );
    const before = look();
    for (const method of [finiteDifference(), unrolled(), neumann(), conjugateGradient()]) {
      hypergradient(new Graph(edgesOf(problems)), problems.upper, method, trajectories, null);
    }
    expect(look()).toEqual(before);
    disposeAll(chain, problems);
  });
});

test('an edge that the loss does not bear out is an error, not a zero', () => {
  scope(() => {
    const chain = makeChain();
    const problems = makeProblems(chain, (p) => new SGD(p, lr));
    const { upper, middle, lowest } = problems;
    const wrong = new Graph([
      upperToLower(lowest, middle),
      upperToLower(upper, lowest),
      lowerToUpper(lowest, upper),
      lowerToUpper(middle, upper),
    ]);
    const trajectories = new Map([
      [middle, take(middle, 1)],
      [lowest, take(lowest, 1)],
    ]);
    expect(() => hypergradient(wrong, upper, finiteDifference(), trajectories, null)).toThrow(
      /gradient/,
    );
    disposeAll(chain, problems);
  });
});
