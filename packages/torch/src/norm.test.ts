/** Values, statistics and derivatives beside LibTorch's composed ones; the refusals. */
import { expect, test } from 'vitest';
import {
  batchNorm,
  Generator,
  grad,
  liveTensors,
  normaliseBatch,
  ones,
  randn,
  scope,
  type Tensor,
  zeros,
} from './index.ts';

const channels = 3;

/** y, moved statistics, first derivatives, and those of a function of the first that meets all their kinds. */
function derivatives(
  normalise: (x: Tensor, w: Tensor, b: Tensor, mean: Tensor, variance: Tensor) => Tensor,
  given: readonly Tensor[],
): Tensor[] {
  const [x, w, b] = given.map((t) => t.detach().requiresGrad_());
  const [mean, variance] = [zeros([channels]), ones([channels])];
  const y = normalise(x, w, b, mean, variance);
  const wide = y.to({ dtype: 'float32' });
  const first = grad(wide.square().mul(wide.sin()).sum(), [x, w, b], { createGraph: true });
  const mixed = first.reduce(
    (sum, g, i) =>
      sum.add(
        g
          .to({ dtype: 'float32' })
          .mul(i + 1)
          .square()
          .sum(),
      ),
    zeros([]),
  );
  const second = grad(mixed, [x, w, b]);
  return [y, mean, variance, ...first, ...second].map((t) => t.detach().to({ dtype: 'float64' }));
}

const theirs = (x: Tensor, w: Tensor, b: Tensor, mean: Tensor, variance: Tensor) =>
  batchNorm(x, w, b, mean, variance, true, 0.1, 1e-5, true);
const ours = (x: Tensor, w: Tensor, b: Tensor, mean: Tensor, variance: Tensor) =>
  normaliseBatch(x, w, b, { running: { mean, variance } });

const tensors = () => {
  using generator = new Generator(6);
  const draw = (shape: number[]) => randn(shape, { generator });
  // More than one piece of a sum, and a rest.
  return [draw([2, channels, 40, 37]).mul(2).add(1), draw([channels]), draw([channels])];
};

const distance = (a: Tensor, b: Tensor) =>
  a.sub(b).square().sum().sqrt().item() / b.square().sum().sqrt().item();

test('all derivatives are those of LibTorch', () => {
  const before = liveTensors();
  scope(() => {
    const [found, expected] = [ours, theirs].map((run) => derivatives(run, tensors()));
    found.forEach((tensor, i) => {
      expect(distance(tensor, expected[i]), `result ${i}`).toBeLessThan(2e-5);
    });
  });
  expect(liveTensors()).toBe(before);
});

test('so they are of channels-last images, and near in bfloat16', () => {
  scope(() => {
    const [x, ...rest] = tensors();
    const expected = derivatives(theirs, [x, ...rest]);
    const laidOut = derivatives(ours, [x.contiguous({ memoryFormat: 'channelsLast' }), ...rest]);
    const half = derivatives(ours, [x.to({ dtype: 'bfloat16' }), ...rest]);
    expected.forEach((tensor, i) => {
      expect(distance(laidOut[i], tensor), `result ${i}`).toBeLessThan(2e-5);
      expect(distance(half[i], tensor), `result ${i}`).toBeLessThan(0.03);
    });
  });
});

test('a single first derivative can be differentiated alone', () => {
  scope(() => {
    const through = (run: typeof ours) => {
      const [x, w, b] = tensors().map((t) => t.requiresGrad_());
      const y = run(x, w, b, zeros([channels]), ones([channels]));
      const [byWeight] = grad(y.sin().sum(), [w], { createGraph: true });
      return grad(byWeight.square().sum(), [x])[0];
    };
    expect(distance(through(ours), through(theirs))).toBeLessThan(2e-5);
  });
});

test('refuses a third derivative, and weights of another length', () => {
  scope(() => {
    const [x, w, b] = tensors().map((t) => t.requiresGrad_());
    const [first] = grad(normaliseBatch(x, w, b).square().sum(), [x], { createGraph: true });
    expect(() => grad(first.square().sum(), [x], { createGraph: true })).toThrow(
      /a third was asked/,
    );
    expect(() => normaliseBatch(x, w.narrow(0, 0, 2), b)).toThrow(/must be \[3\]/);
  });
});
