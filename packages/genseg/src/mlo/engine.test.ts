/** min_a |w*(a) - t|^2 / 2 with w*(a) = argmin_w |w - a|^2 / 2: the engine must find a = w = t. */
import { scope, type Tensor, tensor } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks } from '../../test/tiny.ts';
import { TrainingError } from '../errors.ts';
import { Parameter } from '../nn/index.ts';
import { SGD } from '../optim/index.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { Graph, lowerToUpper, upperToLower } from './graph.ts';
import { finiteDifference, unrolled } from './hypergradient/index.ts';
import { Problem } from './problem.ts';

checkLeaks();

interface LoopOptions extends EngineOptions {
  lowerLr?: number;
  unrollSteps?: number;
  levelInterval?: number;
  target?: number;
  /** Added to the upper loss: weight * a^2 / 2. */
  penalty?: number;
}

function makeLoop(options: LoopOptions = {}) {
  const { lowerLr = 0.5, unrollSteps, levelInterval, target = 3, penalty = 0, ...rest } = options;
  const half = (x: Tensor) => x.square().div(2);
  const slot = (value: number) => scope(() => new Parameter(tensor(value, { dtype: 'float64' })));
  const [a, w] = [slot(0.5), slot(1)];
  const batches: string[] = [];
  const problem = (name: string, parameter: Parameter, lr: number, loss: () => Tensor) =>
    new Problem(name, {
      optimizer: scope(() => new SGD([parameter], lr)),
      draw: () => `batch of ${name}`,
      loss: (batch) => {
        batches.push(`${name}: ${batch}`);
        return loss();
      },
    }) as Problem;
  const upper = problem('upper', a, 0.5, () =>
    half(w.value.sub(target)).add(half(a.value), { alpha: penalty }),
  );
  const lower = problem('lower', w, lowerLr, () => half(w.value.sub(a.value)));
  const graph = new Graph([upperToLower(upper, lower), lowerToUpper(lower, upper)]);
  const updates: string[] = [];
  const engine = new Engine(
    graph,
    {
      upper,
      levels: [{ problem: lower, unrollSteps, interval: levelInterval }],
      method: unrolled(),
    },
    { ...rest, onStep: ({ name }, batch) => updates.push(`${name}: ${batch}`) },
  );
  return {
    ...{ engine, graph, upper, lower, a, w, updates, batches },
    [Symbol.dispose]: () => {
      for (const one of [a.value, w.value, upper.optimizer, lower.optimizer]) one.dispose();
    },
  };
}

test('of a level outside the graph nothing is recorded', () => {
  using loop = makeLoop();
  const { engine, lower } = loop;
  const beside = {
    ...lower,
    name: 'beside',
    step: () => ({ loss: () => 0, batch: 'own' }),
  } as never;
  const levels = [{ problem: beside }, ...engine.levels];
  const whole = new Engine(loop.graph, { upper: loop.upper, levels, method: unrolled() });
  const { losses, hypergradientNorms } = whole.iterate();
  expect([...losses.keys()]).toEqual(['beside', 'lower', 'upper']);
  expect(hypergradientNorms![0]).toBeGreaterThan(0);
});

const set = ({ value }: Parameter, number: number): void =>
  scope(() => {
    value.detach().fill_(number);
  });

/** Which problems stepped in each of the first iterations: u, l. */
function stepsOf(options: LoopOptions, iterations: number): string[] {
  using loop = makeLoop(options);
  return Array.from({ length: iterations }, () => {
    loop.updates.length = 0;
    loop.engine.iterate();
    return loop.updates.map((text) => text[0]).join('');
  });
}

test('finds the upper optimum, and each level sees only its own batches', () => {
  using loop = makeLoop();
  for (let i = 0; i < 100; i++) loop.engine.iterate();
  expect(loop.a.value.item()).toBeCloseTo(3, 8);
  expect(loop.w.value.item()).toBeCloseTo(3, 8);
  expect(new Set(loop.updates)).toEqual(
    new Set(['lower: batch of lower', 'upper: batch of upper']),
  );
  expect(new Set(loop.batches)).toEqual(new Set(loop.updates));
});

test('upper parameters that enter the upper loss itself count there too', () => {
  // w* = a, so a (1 + penalty) = t at the optimum; one unrolled step of 1 reaches w*.
  using loop = makeLoop({ penalty: 2, lowerLr: 1 });
  for (let i = 0; i < 60; i++) loop.engine.iterate();
  expect(loop.a.value.item()).toBeCloseTo(1, 8);
});

test.each([
  ['at each iteration', {}, ['lu', 'lu', 'lu', 'lu']],
  ['at an interval', { interval: 3 }, ['lu', 'l', 'l', 'lu', 'l', 'l', 'lu']],
  ['after a warm-up', { warmup: 2, interval: 2 }, ['l', 'l', 'lu', 'l', 'lu']],
  ['after several lower steps', { unrollSteps: 3, interval: 2 }, ['lllu', 'lll', 'lllu']],
  [
    'together with a lower level that steps as seldom',
    { warmup: 2, interval: 2, levelInterval: 2 },
    ['l', '', 'lu', '', 'lu'],
  ],
])('the upper level steps %s', (_, options, expected) => {
  expect(stepsOf(options, expected.length)).toEqual(expected);
});

test('goes on from a stored iteration', () => {
  using loop = makeLoop({ interval: 3 });
  loop.engine.iteration = 2;
  expect(loop.engine.iterate().hypergradientNorms).toBeUndefined();
  expect(loop.engine.iterate().hypergradientNorms).toHaveLength(1);
});

test('a hypergradient of zero is an error at the first step, and an optimum later', () => {
  using frozen = makeLoop({ lowerLr: 0 });
  expect(() => frozen.engine.iterate()).toThrow(TrainingError);
  using again = makeLoop({ lowerLr: 0 });
  expect(() => again.engine.iterate()).toThrow(
    "the hypergradient of 'upper' parameter 0 is 0: the upper loss does not reach it",
  );
  expect(again.a.value.item()).toBe(0.5);

  using loop = makeLoop({ lowerLr: 1 });
  loop.engine.iterate();
  set(loop.a, 3);
  set(loop.w, 3);
  expect(loop.engine.iterate().hypergradientNorms).toEqual([0]);
});

test('no upper step is taken along numbers that are none', () => {
  using upperOnly = makeLoop({ target: Number.NaN });
  expect(() => upperOnly.engine.iterate()).toThrow('parameter 0 is NaN: lower the learning rates');
  expect(upperOnly.a.value.item()).toBe(0.5);

  using loop = makeLoop();
  set(loop.w, Number.NaN);
  const { losses, hypergradientNorms } = loop.engine.iterate();
  expect([...losses]).toEqual([['lower', Number.NaN]]);
  expect(hypergradientNorms).toBeUndefined();
  expect(loop.a.value.item()).toBe(0.5);
});

test('an edge or a level that is missing is an error when the engine is built', () => {
  using loop = makeLoop();
  const { graph, upper, lower } = loop;
  const method = finiteDifference();
  expect(() => new Engine(graph, { upper, levels: [], method })).toThrow(
    "problem 'lower' is in the graph and in no level",
  );
  expect(() => new Graph([upperToLower(upper, lower)])).toThrow(
    'upperToLower(upper, lower): no upper loss looks at lower or below it',
  );
  expect(() => new Graph([lowerToUpper(lower, upper)])).toThrow(
    'no chain of upperToLower edges leads from upper to lower',
  );
  const levels = [{ problem: lower }];
  expect(() => new Engine(graph, { upper: lower, levels, method })).toThrow(
    "problem 'lower' has nothing below it to look at",
  );
});
