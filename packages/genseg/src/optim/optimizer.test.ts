/** Steps beside PyTorch's (test/golden/make-optim.py), derivatives beside finite differences, and the refusals. */
import {
  equal,
  Generator,
  grad,
  liveTensors,
  type NestedArray,
  noGrad,
  randn,
  scope,
  type Tensor,
  tensor,
} from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readGolden } from '../../test/golden.ts';
import { Parameter } from '../nn/index.ts';
import { Adam, AdamW, type Optimizer, RMSprop, SGD } from './index.ts';

interface Golden {
  values: NestedArray[];
  gradients: NestedArray[][];
  lrFactors: number[];
  cases: { name: string; lr: number; options: object; after: Record<string, NestedArray[]> }[];
}

const golden = readGolden<Golden>('optim.json');

const algorithms = { SGD, RMSprop, Adam, AdamW };

/** Runs `body` with an optimiser over fresh copies of the golden values, and frees both. */
function withOptimizer<T>(
  { name, lr, options }: { name: string; lr: number; options: object },
  body: (optimizer: Optimizer) => T,
): T {
  return scope(() => {
    const parameters = golden.values.map((v) => new Parameter(float64(v)));
    try {
      using optimizer = new algorithms[name as keyof typeof algorithms](parameters, lr, options);
      return body(optimizer);
    } finally {
      for (const p of parameters) p.value.dispose();
    }
  });
}

const float64 = (data: NestedArray) => tensor(data, { dtype: 'float64' });
const numbers = (tensors: readonly Tensor[]) => tensors.flatMap((t) => t.toArray());
const valuesOf = (optimizer: Optimizer) => optimizer.parameters.map((p) => p.value);
const gradientsAt = (step: number) => golden.gradients[step].map(float64);

/** The element whose golden gradients are all 0; silent where the step is divided by their size. */
const SILENT = 6;
const isSilent = ({ name, options }: Golden['cases'][number]) =>
  name === 'AdamW' || (name !== 'SGD' && !('weightDecay' in options));

let before = 0;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

describe.each(golden.cases)('$name, lr $lr, $options', (example) => {
  test('steps with a factor are those at that rate', () => {
    const factors = golden.values.map((_, i) => [0.5, 0, 2][i % 3]);
    const stepped = (lr: number, factors?: number[]) =>
      withOptimizer({ ...example, lr }, (optimizer) => {
        if (factors) optimizer.factors = factors;
        for (const i of [0, 1, 2]) optimizer.step(gradientsAt(i));
        const ahead = optimizer.lookahead(
          valuesOf(optimizer),
          gradientsAt(3),
          optimizer.snapshot(),
        ).values;
        const site = {
          ...{ values: valuesOf(optimizer), gradients: gradientsAt(3) },
          state: optimizer.snapshot(),
        };
        const pulled = optimizer.pullBack(site, { values: site.gradients });
        return [valuesOf(optimizer), ahead, pulled.gradients, pulled.values].map((list) =>
          list.map((t) => t.toArray()),
        );
      });
    const mixed = stepped(example.lr, factors);
    factors.forEach((factor, i) => {
      const alone = stepped(example.lr * factor);
      for (const [part, list] of mixed.entries()) expect(list[i]).toEqual(alone[part][i]);
    });
  });

  test('ten steps equal PyTorch', () => {
    withOptimizer(example, (optimizer) => {
      golden.lrFactors.forEach((factor, i) => {
        optimizer.lr = example.lr * factor;
        optimizer.step(gradientsAt(i));
        const expected = example.after[i + 1];
        if (expected === undefined) return;
        const wanted = expected.flat(2) as number[];
        numbers(valuesOf(optimizer)).forEach((value, k) => {
          expect(Math.abs(value - wanted[k])).toBeLessThan(1e-13);
        });
      });
    });
  });

  test('lookahead gives the bits of step, and leaves everything as it was', () => {
    withOptimizer(example, (optimizer) => {
      for (const i of [0, 1, 2]) {
        const start = numbers(valuesOf(optimizer));
        const ahead = optimizer.lookahead(
          valuesOf(optimizer),
          gradientsAt(i),
          optimizer.snapshot(),
        );
        expect(numbers(valuesOf(optimizer))).toEqual(start);
        optimizer.step(gradientsAt(i));
        const after = optimizer.snapshot();
        expect(numbers(ahead.values)).toEqual(numbers(valuesOf(optimizer)));
        expect(ahead.state.step).toBe(after.step);
        expect(numbers(ahead.state.slots.flat())).toEqual(numbers(after.slots.flat()));
      }
    });
  });

  test('the preconditioner and the derivative of two steps are finite differences', () => {
    withOptimizer(example, (optimizer) => {
      for (const i of [0, 1, 2]) optimizer.step(gradientsAt(i));
      const values = valuesOf(optimizer);
      const state = optimizer.snapshot();
      const gradients = gradientsAt(3);
      const once = (g: readonly Tensor[]) => optimizer.lookahead(values, g, state).values;
      const twice = (g: readonly Tensor[]) => {
        const first = optimizer.lookahead(values, g, state);
        return optimizer.lookahead(first.values, g, first.state).values;
      };

      // Elements do not meet, so that shifting all at once gives the derivative of each.
      const shift = gradients.map((g) => g.abs().mul(1e-3).maskedFill(g.eq(0), 1e-6));
      const shifted = (sign: number) => gradients.map((g, i) => g.add(shift[i], { alpha: sign }));
      const difference = (step: typeof once) => {
        const [up, down] = [numbers(step(shifted(1))), numbers(step(shifted(-1)))];
        return up.map((u, k) => (u - down[k]) / (2 * numbers(shift)[k]));
      };
      const derivative = (step: typeof once) => {
        const leaves = gradients.map((g) => g.detach().requiresGrad_());
        const sums = step(leaves).map((v) => v.sum());
        return numbers(grad(sums, leaves));
      };

      const P = numbers(optimizer.preconditioner(values, gradients, state));
      const expected = noGrad(() => difference(once));
      const derivative2 = derivative(twice);
      const expected2 = noGrad(() => difference(twice));
      const silent = isSilent(example) ? SILENT : -1;
      P.forEach((p, k) => {
        if (k === silent) {
          expect(Math.abs(p)).toBe(0);
          expect(derivative2[k]).toBe(0);
        } else {
          expect(p / -expected[k]).toBeCloseTo(1, 4);
          expect(derivative2[k] / expected2[k]).toBeCloseTo(1, 4);
        }
      });
    });
  });
});

describe.each(golden.cases)('in one pass over memory, $name, $options', (example) => {
  /** Two steps and the derivative of a third on [width, 19] numbers, the first column without a gradient. */
  const run = (width: number, change: (t: Tensor) => Tensor) =>
    scope(() => {
      using generator = new Generator(4);
      const draw = () => randn([width, 19], { generator, dtype: 'float64' });
      const [value, ...gradients] = Array.from({ length: 4 }, draw);
      for (const g of gradients) g.narrow(1, 0, 1).fill_(0);
      const parameter = new Parameter(change(value));
      using optimizer = new algorithms[example.name as keyof typeof algorithms](
        [parameter],
        example.lr,
        example.options,
      );
      const [first, second, third] = gradients.map(change);
      for (const g of [first, second]) optimizer.step([g]);
      const at = { values: [parameter.value], gradients: [third], state: optimizer.snapshot() };
      const pulled = optimizer.pullBackGradients(at, { values: [change(value)] });
      const after = [parameter.value, ...at.state.slots[0], ...pulled].map((t) => t.toArray());
      parameter.value.dispose();
      return after;
    });

  test.each([1, 7, 4000])('float32 is float64 rounded, [%i, 19]', (width) => {
    const exact = run(width, (t) => t);
    const found = run(width, (t) => t.to({ dtype: 'float32' }));
    expect(found.length).toBe(exact.length);
    found.forEach((list, i) => {
      const scale = Math.max(...exact[i].map(Math.abs));
      const worst = list.reduce((most, x, k) => Math.max(most, Math.abs(x - exact[i][k])), 0);
      expect(worst / scale, `result ${i}`).toBeLessThan(3e-6);
    });
  });
});

describe.each(golden.cases)('the closed derivative of $name, $options', (example) => {
  test('is that of the recorded update, by values, gradients and state', () => {
    withOptimizer(example, (optimizer) => {
      for (const i of [0, 1, 2]) optimizer.step(gradientsAt(i));
      const leaf = (x: Tensor) => x.detach().requiresGrad_();
      const values = valuesOf(optimizer).map(leaf);
      const gradients = gradientsAt(3).map(leaf);
      const { step, slots: held } = optimizer.snapshot();
      const state = { step, slots: held.map((slot) => slot.map(leaf)) };
      // Cotangents that differ by element and by tensor.
      const cotangent = (x: Tensor, i: number) =>
        x
          .mul(0.7)
          .add(i + 1)
          .sin()
          .detach();
      const cotangents = {
        values: values.map(cotangent),
        slots: state.slots.map((slot) => slot.map((x, i) => cotangent(x, i + 5))),
      };
      const next = optimizer.lookahead(values, gradients, state);
      const recorded = grad(
        [...next.values, ...next.state.slots.flat()],
        [...gradients, ...values, ...state.slots.flat()],
        { gradOutputs: [...cotangents.values, ...cotangents.slots.flat()] },
      );
      const closed = optimizer.pullBack({ values, gradients, state }, cotangents);
      const found = numbers([...closed.gradients, ...closed.values, ...closed.slots.flat()]);
      numbers(recorded).forEach((expected, k) => {
        expect(Math.abs(found[k] - expected)).toBeLessThan(1e-10 * Math.max(1, Math.abs(expected)));
      });
    });
  });
});

test('a tensor of several slices is updated and differentiated like its parts', () => {
  scope(() => {
    using stream = new Generator(3);
    const shape = [5, 40_000]; // slices of three rows and of two
    const whole = () => randn(shape, { generator: stream });
    const [start, gradient, cotangent] = [whole(), whole(), whole()];
    const run = (select: (x: Tensor) => Tensor) => {
      const parameter = new Parameter(select(start));
      using optimizer = new Adam([parameter], 0.01, { weightDecay: 0.1 });
      const state = optimizer.snapshot();
      const at = { values: [parameter.value], gradients: [select(gradient)], state };
      const [pulled] = optimizer.pullBackGradients(at, { values: [select(cotangent)] });
      optimizer.step([select(gradient)]);
      const value = parameter.value.detach().clone();
      parameter.value.dispose();
      return { pulled, value };
    };
    const all = run((x) => x);
    for (let row = 0; row < shape[0]; row++) {
      const one = run((x) => x.at(row));
      expect(equal(all.value.at(row), one.value)).toBe(true);
      expect(equal(all.pulled.at(row), one.pulled)).toBe(true);
    }
  });
});

test('a weight without gradient so far neither moves nor responds, the others do as before', () => {
  withOptimizer({ name: 'RMSprop', lr: 0.1, options: { alpha: 0.99, eps: 1e-8 } }, (optimizer) => {
    const gradients = golden.values.map((v) => float64(v).fill_(0));
    gradients[1].add_(tensor([0, 0, 2, 0], { dtype: 'float64' }));
    const values = valuesOf(optimizer);
    const P = optimizer.preconditioner(values, gradients, optimizer.snapshot());
    // w' = w - lr g / (sqrt((1 - alpha) g^2) + eps): dw'/dg = -lr eps / (sqrt(1 - alpha) g + eps)^2
    const alive = (0.1 * 1e-8) / (0.1 * 2 + 1e-8) ** 2;
    expect(numbers(P).map(Math.abs)).toEqual([...Array(8).fill(0), expect.closeTo(alive, 12), 0]);
    const start = numbers(values);
    optimizer.step(gradients);
    const moved = numbers(values).map((v, k) => v - start[k]);
    expect(moved.map(Math.abs)).toEqual([...Array(8).fill(0), expect.closeTo(1, 6), 0]);
  });
});

test('a state dict continues another optimiser bit for bit', () => {
  const example = { name: 'Adam', lr: 0.01, options: {} };
  const straight = withOptimizer(example, (optimizer) => {
    for (const i of [0, 1, 2]) optimizer.step(gradientsAt(i));
    return numbers(valuesOf(optimizer));
  });
  const resumed = withOptimizer(example, (first) => {
    for (const i of [0, 1]) first.step(gradientsAt(i));
    using second = new Adam(first.parameters, 0.01);
    second.loadStateDict(first.stateDict());
    second.step(gradientsAt(2));
    return numbers(valuesOf(second));
  });
  expect(resumed).toEqual(straight);
});

describe('refusals', () => {
  const example = { name: 'Adam', lr: 0.01, options: {} };

  test.each([
    [{ lr: Number.NaN }, /lr must be a finite number/],
    [{ lr: -1 }, /lr must be a finite number/],
    [{ options: { betas: [1, 0.9] } }, /betas\[0\] must be in \[0, 1\)/],
    [{ options: { eps: -1 } }, /eps must be/],
    [{ options: { weightDecay: -1 } }, /weightDecay must be/],
    [{ name: 'RMSprop', options: { alpha: 1 } }, /alpha must be/],
    [{ name: 'SGD', options: { nesterov: true } }, /nesterov needs a momentum/],
  ])('%o', (wrong, message) => {
    expect(() => withOptimizer({ ...example, ...wrong }, () => null)).toThrow(message);
  });

  test('no parameters', () => {
    expect(() => new SGD([], 0.1)).toThrow(/at least one parameter/);
  });

  test('a gradient too few', () => {
    withOptimizer(example, (optimizer) => {
      const [one] = gradientsAt(0);
      expect(() => optimizer.step([one])).toThrow('2 parameters, got 1 gradients');
      expect(optimizer.snapshot().step).toBe(0);
    });
  });

  test('a state of other tensors or shapes, which would be broadcast', () => {
    withOptimizer(example, (optimizer) => {
      using other = new SGD(optimizer.parameters, 0.1, { momentum: 0.9 });
      expect(() => optimizer.loadStateDict(other.stateDict())).toThrow('has 4 tensors');
      const { step, tensors } = optimizer.stateDict();
      const small = new Map(tensors).set('0.0', tensor([1], { dtype: 'float64' }));
      expect(() => optimizer.loadStateDict({ step, tensors: small })).toThrow(
        'optimiser state 0.0 must be [2,3], got [1]',
      );
    });
  });
});
