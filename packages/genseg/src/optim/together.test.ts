/** Updates taken together beside the same ones taken one by one, and which are. */
import {
  type DType,
  equal,
  flattenDenseTensors,
  Generator,
  liveTensors,
  noGrad,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Parameter } from '../nn/index.ts';
import { Adam, AdamW, type Optimizer, RMSprop, SGD } from './index.ts';
import { atOnce, joinedAtMost } from './slices.ts';
import { copyEach, groupsOf, type Update } from './together.ts';

// As on a GPU, where nothing else differs.
vi.mock(import('./slices.ts'), async (original) => {
  const slices = await original();
  return { ...slices, joinedAtMost: slices.atOnce };
});
// What is joined is counted.
vi.mock(import('@genseg/torch'), async (original) => {
  const torch = await original();
  return { ...torch, flattenDenseTensors: vi.fn(torch.flattenDenseTensors) };
});
const joined = vi.mocked(flattenDenseTensors);

let before = 0;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

const LARGE = joinedAtMost('cpu') + 1;
const channelsLast = (x: Tensor) =>
  x.dim === 4 ? x.contiguous({ memoryFormat: 'channelsLast' }) : x;

describe.each<[string, DType, (parameters: Parameter[]) => Optimizer]>([
  ['SGD', 'float32', (p) => new SGD(p, 0.1, { weightDecay: 0.1 })],
  ['SGD with momentum', 'float32', (p) => new SGD(p, 0.1, { momentum: 0.9, weightDecay: 0.1 })],
  ['SGD, Nesterov', 'float64', (p) => new SGD(p, 0.1, { momentum: 0.9, nesterov: true })],
  ['RMSprop without momentum', 'float32', (p) => new RMSprop(p, 0.1, { weightDecay: 0.1 })],
  ['RMSprop', 'float64', (p) => new RMSprop(p, 0.1, { momentum: 0.9 })],
  ['Adam', 'float64', (p) => new Adam(p, 0.1, { weightDecay: 0.1 })],
  ['AdamW', 'float64', (p) => new AdamW(p, 0.1)],
])('%s, %s', (name, dtype, make) => {
  const shapes = [[5], [8, 4, 3, 3], [3, 7], [LARGE], [], [2, 6, 1, 1], [33], [4, 8, 3, 3]];
  const factors = shapes.map((_, i) => [1, 1, 0.5][i % 3]);

  test.each([
    ['contiguous', 'contiguous'],
    ['channels-last', 'channels-last'],
    ['contiguous', 'channels-last'],
    ['channels-last', 'contiguous'],
  ])('together equals one by one: weights %s, gradients %s', (weights, gradients) => {
    scope(() => {
      using generator = new Generator(5);
      const draw = (layout: string) =>
        shapes
          .map((shape) => randn(shape, { generator, dtype }))
          .map((x) => (layout === 'channels-last' ? channelsLast(x) : x));
      const start = draw(weights);
      const steps = [1, 2, 3, 4].map(() => draw(gradients));

      /** Values and state after two steps and two at other rates, the last one in a new optimiser. */
      const run = (which: number[]): Tensor[][] => {
        const parameters = which.map((i) => new Parameter(start[i]));
        const step = (optimizer: Optimizer, k: number) =>
          scope(() => optimizer.step(which.map((i) => steps[k][i])));
        const rates = which.map((i) => factors[i]);
        using first = make(parameters);
        for (const k of [0, 1]) step(first, k);
        first.factors = rates;
        step(first, 2);
        using second = make(parameters);
        second.factors = rates;
        second.loadStateDict(first.stateDict());
        step(second, 3);
        const { slots } = second.snapshot();
        return parameters.map(({ value }, i) => {
          for (const slot of slots[i]) expect(slot.strides).toEqual(value.strides);
          const after = [value.detach().clone(), ...slots[i]];
          value.dispose();
          return after;
        });
      };

      joined.mockClear();
      const together = run(shapes.map((_, i) => i));
      expect(joined.mock.calls.length > 0).toBe(name !== 'SGD'); // which has no state
      shapes.forEach((shape, i) => {
        const [alone] = run([i]);
        // The same kernels on the same numbers: a vector of them and what is left of one are rounded alike.
        for (const [k, x] of alone.entries())
          expect(equal(together[i][k], x), `[${shape}], tensor ${k}`).toBe(true);
      });
    });
  });
});

describe.each<[string, DType, (parameters: Parameter[]) => Optimizer]>([
  ['SGD with momentum', 'float32', (p) => new SGD(p, 0.1, { momentum: 0.9, nesterov: true })],
  ['RMSprop', 'float64', (p) => new RMSprop(p, 0.1, { momentum: 0.9, weightDecay: 0.1 })],
  ['Adam', 'float64', (p) => new Adam(p, 0.1, { weightDecay: 0.1 })],
  ['AdamW', 'float64', (p) => new AdamW(p, 0.1)],
])('%s, %s', (_, dtype, make) => {
  test('derivatives of the latest step together equal those one by one', () => {
    scope(() => {
      using generator = new Generator(6);
      const shapes = [[5], [8, 4, 3, 3], [LARGE], [], [3, 7]];
      const draw = () => shapes.map((shape) => randn(shape, { generator, dtype }));
      const [start, first, second, cotangents] = [draw(), draw(), draw(), draw()];
      const pulled = (which: number[]): Tensor[] => {
        const of = (list: Tensor[]) => which.map((i) => list[i]);
        const parameters = of(start).map((x) => new Parameter(x));
        using optimizer = make(parameters);
        scope(() => optimizer.step(of(first)));
        const values = parameters.map(({ value }) => value.detach().clone());
        const state = { ...optimizer.snapshot(), slots: optimizer.ownState().slots };
        scope(() => optimizer.step(of(second)));
        const at = { values, gradients: of(second), state, stateAfter: true };
        const result = optimizer.pullBackGradients(at, { values: of(cotangents) });
        for (const { value } of parameters) value.dispose();
        return result;
      };
      joined.mockClear();
      const together = pulled(shapes.map((_, i) => i));
      // Of four small parameters, in the second step and in the derivative.
      expect(joined.mock.calls.map(([list]) => list.length)).toContain(4);
      shapes.forEach((shape, i) => {
        expect(together[i].shape).toEqual(shape);
        expect(equal(together[i], pulled([i])[0]), `[${shape}]`).toBe(true);
      });
    });
  });
});

describe('groups', () => {
  const of = (shape: number[], change: Partial<Update> = {}): Update => {
    const value = zeros(shape);
    const pace = { step: 1, lr: 0.1 };
    return { value, gradient: value, state: [zeros(shape)], pace, ...change };
  };
  const groups = (updates: Update[]) =>
    groupsOf(updates).map((group) => group.map((update) => updates.indexOf(update)));

  test('are of one rate and type, and pass over what is large', () => {
    scope(() => {
      const slow = { pace: { step: 1, lr: 0.01 } };
      const double = { value: zeros([3], { dtype: 'float64' }) };
      const updates = [
        of([3]),
        of([3], slow),
        of([LARGE]),
        of([2, 2]),
        of([3], double),
        of([], slow),
      ];
      expect(groups(updates)).toEqual([[0, 3], [1, 5], [2], [4]]);
    });
  });

  test('are not larger than what is worked on at once', () => {
    scope(() => {
      const third = of([Math.floor(joinedAtMost('cpu') / 3)]);
      expect(groupsOf(Array(7).fill(third)).map((group) => group.length)).toEqual([3, 3, 1]);
    });
  });

  test('leave out what is made later, has no state, lies in another order, or has a gradient of another shape', () => {
    scope(() => {
      const last = channelsLast(zeros([2, 3, 2, 2]));
      const updates = [
        of([3]),
        of([3], { gradient: () => zeros([3]) }),
        of([3], { state: [] }),
        of([2, 3, 2, 2], { value: last }),
        of([2, 3], { gradient: zeros([3, 2]) }),
        of([3]),
      ];
      expect(groups(updates)).toEqual([[0, 5], [1], [2], [3], [4]]);
    });
  });
});

test('on a CPU each is taken alone', async () => {
  const { joinedAtMost } = await vi.importActual<typeof import('./slices.ts')>('./slices.ts');
  expect([joinedAtMost('cpu'), joinedAtMost('cuda')]).toEqual([0, atOnce('cuda')]);
});

test('a gradient of another shape is refused, as alone', () => {
  scope(() => {
    const parameters = [zeros([2, 3]), zeros([6])].map((x) => new Parameter(x));
    using optimizer = new SGD(parameters, 0.1, { momentum: 0.9 });
    expect(() => optimizer.step([zeros([3, 2]), zeros([6])])).toThrow(/size of tensor/);
    for (const { value } of parameters) value.dispose();
  });
});

test('copies are exact, whatever was there: signs of zero, infinity and NaN', () => {
  scope(() => {
    const numbers = [0, -0, 1e-45, -3, Infinity, -Infinity, NaN];
    const copies = numbers.map((x) => tensor(numbers.map(() => x)));
    noGrad(() =>
      copyEach(
        copies,
        copies.map(() => tensor(numbers)),
      ),
    );
    for (const copy of copies)
      expect(Array.from(copy.toFloat32Array())).toEqual(numbers.map(Math.fround));
  });
});
