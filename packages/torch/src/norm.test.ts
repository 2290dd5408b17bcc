/** Values, statistics and derivatives beside LibTorch's composed ones in float64; the refusals. */
import { expect, test } from 'vitest';
import {
  batchNorm,
  Generator,
  grad,
  leakyRelu,
  liveTensors,
  normaliseBatch,
  randn,
  scope,
  type Tensor,
} from './index.ts';

type Given = [x: Tensor, w: Tensor, b: Tensor, mean: Tensor, variance: Tensor];
type Normalise = (...given: Given) => Tensor;

/** y, moved statistics, first derivatives, and those of a function of the first that meets all their kinds. */
function derivatives(normalise: Normalise, given: Given): Tensor[] {
  const [x, w, b] = given.slice(0, 3).map((t) => t.detach().requiresGrad_());
  const [mean, variance] = given.slice(3).map((t) => t.detach().clone());
  const y = normalise(x, w, b, mean, variance);
  const wide = (t: Tensor) => t.to({ dtype: x.dtype === 'float64' ? 'float64' : 'float32' });
  const first = grad(wide(y).square().mul(wide(y).tanh()).sum(), [x, w, b], { createGraph: true });
  const mixed = first
    .map((g, i) =>
      wide(g)
        .mul(i + 1)
        .square()
        .sum(),
    )
    .reduce((sum, term) => sum.add(term));
  const second = grad(mixed, [x, w, b]);
  return [y, mean, variance, ...first, ...second].map((t) => t.detach().to({ dtype: 'float64' }));
}

const composed =
  (negativeSlope: number, training: boolean): Normalise =>
  (...given) =>
    leakyRelu(batchNorm(...given, training, 0.1, 1e-5, true), { negativeSlope });
const ours =
  (negativeSlope: number, training: boolean): Normalise =>
  (x, w, b, mean, variance) =>
    normaliseBatch(x, w, b, { running: { mean, variance }, training, negativeSlope });

/** More than one piece of a sum, and rests of vectors and pieces. */
const few = [2, 3, 101, 97];
const many = [3, 37, 30, 21];

function tensors([n, channels, ...sides]: readonly number[]): Given {
  using generator = new Generator(6);
  const draw = (...shape: number[]) => randn(shape, { generator });
  const numbers = () => draw(channels);
  const x = draw(n, channels, ...sides)
    .mul(2)
    .add(1);
  return [x, numbers(), numbers(), numbers(), numbers().mul(0.3).exp()];
}

const like = (given: Given, change: Parameters<Tensor['to']>[0]): Given =>
  given.map((t) => t.to(change)) as Given;

const distance = (a: Tensor, b: Tensor) =>
  a.sub(b).square().sum().sqrt().item() / b.square().sum().sqrt().item();

const cases = [few, many].flatMap((shape) =>
  [1, 0.2, 0].flatMap((slope) => [true, false].map((training) => ({ shape, slope, training }))),
);

test.each(cases)(
  'all derivatives of $shape, slope $slope, training $training, are those of LibTorch in float64',
  ({ shape, slope, training }) => {
    const before = liveTensors();
    scope(() => {
      const given = tensors(shape);
      const [x, ...rest] = given;
      const half = x.to({ dtype: 'bfloat16' });
      const reference = (input: Tensor) =>
        derivatives(composed(slope, training), like([input, ...rest], { dtype: 'float64' }));
      const [expected, expectedHalf] = [reference(x), reference(half)];
      for (const last of [true, false]) {
        const laidOut = (t: Tensor) => (last ? t.contiguous({ memoryFormat: 'channelsLast' }) : t);
        derivatives(ours(slope, training), [laidOut(x), ...rest]).forEach((tensor, i) => {
          expect(distance(tensor, expected[i]), `result ${i}, ${last}`).toBeLessThan(2e-5);
        });
        derivatives(ours(slope, training), [laidOut(half), ...rest]).forEach((tensor, i) => {
          expect(distance(tensor, expectedHalf[i]), `bfloat16, result ${i}, ${last}`).toBeLessThan(
            0.04,
          );
        });
      }
    });
    expect(liveTensors()).toBe(before);
  },
);

test.each([[[6, 3]], [[4, 1, 1, 1]], [[5, 19, 1, 1]], [[2, 3, 4, 5, 6]]])(
  'values and derivatives of %j',
  (shape) => {
    scope(() => {
      using generator = new Generator(7);
      const x = randn(shape, { generator });
      const numbers = () => randn([shape[1]], { generator });
      const given: Given = [x, numbers(), numbers(), numbers(), numbers().mul(0.3).exp()];
      const expected = derivatives(composed(0.2, true), like(given, { dtype: 'float64' }));
      derivatives(ours(0.2, true), given).forEach((tensor, i) => {
        expect(distance(tensor, expected[i]), `result ${i}`).toBeLessThan(1e-4);
      });
    });
  },
);

test('volumes that lie channels-last', () => {
  scope(() => {
    using generator = new Generator(7);
    const x = randn([2, 4, 5, 6, 3], { generator }).permute([0, 4, 1, 2, 3]);
    const numbers = () => randn([3], { generator });
    const given: Given = [x, numbers(), numbers(), numbers(), numbers().mul(0.3).exp()];
    const expected = derivatives(composed(1, true), like(given, { dtype: 'float64' }));
    derivatives(ours(1, true), given).forEach((tensor, i) => {
      expect(distance(tensor, expected[i]), `result ${i}`).toBeLessThan(1e-4);
    });
  });
});

test.each([
  [few, true],
  [few, false],
  [[6, 3], true],
  [[2, 3, 4, 5, 6], true],
] as const)('other types are composed of operators: %j, training %s', (shape, training) => {
  scope(() => {
    const given = like(tensors(shape), { dtype: 'float64' });
    const expected = derivatives(composed(0.2, training), given);
    derivatives(ours(0.2, training), given).forEach((tensor, i) => {
      expect(distance(tensor, expected[i]), `result ${i}`).toBeLessThan(1e-12);
    });
  });
});

test.each(
  [0, 1, 2].flatMap((which) => [true, false].map((training) => [which, training] as const)),
)('composed, first derivative %i can be differentiated alone, training %s', (which, training) => {
  scope(() => {
    const through = (normalise: Normalise) => {
      const wide = like(tensors(few), { dtype: 'float64' });
      const [x, w, b, mean, variance] = wide.map((t) => t.requiresGrad_());
      const y = normalise(x, w, b, mean.detach(), variance.detach());
      const first = grad(y.sin().sum(), [x, w, b], { createGraph: true })[which];
      return grad(first.square().sum(), [x, w, b], { allowUnused: true });
    };
    const expected = through(composed(0.2, training));
    through(ours(0.2, training)).forEach((tensor, i) => {
      const [one, other] = [tensor ?? null, expected[i] ?? null];
      if (one && other) expect(distance(one, other), `result ${i}`).toBeLessThan(1e-12);
      else for (const given of [one, other]) expect(given?.abs().max().item() ?? 0).toBe(0);
    });
  });
});

test('images that lie apart in memory, far from zero, keep their digits', () => {
  scope(() => {
    const [x, ...rest] = tensors([2, 40, 24, 24]);
    const part = (t: Tensor) => t.narrow(1, 3, 33);
    const given = [x.add(1000), ...rest].map((t) => (t.dim === 4 ? part(t) : t.narrow(0, 3, 33)));
    const wide = like(given as Given, { dtype: 'float64' });
    const last = part(x.add(1000).contiguous({ memoryFormat: 'channelsLast' }));
    for (const image of [given[0], last]) {
      const found = ours(0, true)(image, ...(given.slice(1) as [Tensor, Tensor, Tensor, Tensor]));
      const expected = composed(0, true)(...wide);
      expect(distance(found.to({ dtype: 'float64' }), expected)).toBeLessThan(2e-4);
    }
  });
});

test('the same bits at each run', () => {
  scope(() => {
    const run = () => derivatives(ours(0, true), tensors(many));
    const again = run();
    run().forEach((tensor, i) => {
      expect(distance(tensor, again[i]), `result ${i}`).toBe(0);
    });
  });
});

test('a single first derivative can be differentiated alone', () => {
  scope(() => {
    const through = (normalise: Normalise) => {
      const [x, w, b, mean, variance] = tensors(few).map((t) => t.requiresGrad_());
      const y = normalise(x, w, b, mean.detach(), variance.detach());
      const [byWeight] = grad(y.sin().sum(), [w], { createGraph: true });
      return grad(byWeight.square().sum(), [x])[0];
    };
    expect(distance(through(ours(0.2, true)), through(composed(0.2, true)))).toBeLessThan(2e-5);
  });
});

test('refuses a third derivative, weights of another length, and evaluation without statistics', () => {
  scope(() => {
    const [x, w, b] = tensors(few).map((t) => t.requiresGrad_());
    const [first] = grad(normaliseBatch(x, w, b).square().sum(), [x], { createGraph: true });
    expect(() => grad(first.square().sum(), [x], { createGraph: true })).toThrow(
      /a third was asked/,
    );
    expect(() => normaliseBatch(x, w.narrow(0, 0, 2), b)).toThrow(/must be \[3\]/);
    expect(() => normaliseBatch(x, w, b, { training: false })).toThrow(/must be given/);
  });
});
