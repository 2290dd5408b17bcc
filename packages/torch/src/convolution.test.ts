/** Values and gradients of first and second order beside those of LibTorch's own operators; the refusals. */
import { describe, expect, test } from 'vitest';
import {
  autocast,
  type ConvolveOptions,
  cat,
  configure,
  constantPadNd,
  conv2d,
  convolve,
  convolveTransposed,
  convTranspose2d,
  environment,
  Generator,
  grad,
  halveByMaximum,
  joinChannels,
  liveTensors,
  maxPool2d,
  mixKernels,
  ones,
  randn,
  remakeValues,
  scope,
  type Tensor,
  tensor,
  withoutValues,
} from './index.ts';

type Run = (x: Tensor, w: Tensor, options: ConvolveOptions) => Tensor;

const cases: [string, Run, Run, number[], number[], ConvolveOptions][] = [
  ['3 x 3', convolve, conv2d, [2, 3, 7, 6], [4, 3, 3, 3], { padding: 1 }],
  ['4 x 4, halving', convolve, conv2d, [2, 3, 8, 8], [4, 3, 4, 4], { stride: 2, padding: 1 }],
  ['odd remainder', convolve, conv2d, [1, 2, 9, 8], [3, 2, 4, 4], { stride: 2, padding: 1 }],
  ['atrous', convolve, conv2d, [2, 2, 9, 9], [2, 2, 3, 3], { padding: 2, dilation: 2 }],
  ['1 x 1', convolve, conv2d, [2, 3, 4, 4], [5, 3, 1, 1], {}],
  [
    '8 x 8, doubling',
    convolveTransposed,
    convTranspose2d,
    [2, 3, 4, 5],
    [3, 4, 8, 8],
    { stride: 2, padding: 3 },
  ],
  [
    '2 x 2, doubling',
    convolveTransposed,
    convTranspose2d,
    [2, 3, 4, 4],
    [3, 4, 2, 2],
    { stride: 2 },
  ],
];

/** The value, its gradients, and those of a function of the gradients: of the input, the weight and the bias. */
function derivatives(
  run: Run,
  [x, w, b]: readonly Tensor[],
  options: ConvolveOptions,
  body: <T>(forward: () => T) => T = (forward) => forward(),
): Tensor[] {
  const leaves = [x, w, b].map((t) => t.detach().requiresGrad_());
  const y = body(() => run(leaves[0], leaves[1], { ...options, bias: leaves[2] })).to({
    dtype: x.dtype,
  });
  const first = grad(y.square().sum().add(y.sin().sum()), leaves, { createGraph: true });
  const mixed = first.reduce(
    (sum, g, i) =>
      sum.add(
        g
          .mul(i + 1)
          .square()
          .sum(),
      ),
    ones([]),
  );
  return [y, ...first, ...grad(mixed, leaves)].map((t) => t.detach());
}

/** With images contiguous between kernels, and with channels-last ones. */
function inEachLayout(body: () => void): void {
  const { imageLayout: before } = environment();
  try {
    for (const imageLayout of ['contiguous', 'channels-last'] as const) {
      configure({ imageLayout });
      scope(body);
    }
  } finally {
    configure({ imageLayout: before });
  }
}

const tensors = (x: number[], w: number[], channels: number, dtype: 'float64' | 'float32') => {
  using generator = new Generator(4);
  return [x, w, [channels]].map((shape) => randn(shape, { generator, dtype }));
};

describe.each(cases)('%s', (_, ours, theirs, x, w, options) => {
  const channels = ours === convolve ? w[0] : w[1];

  test('value and gradients are those of LibTorch', () => {
    const before = liveTensors();
    scope(() => {
      const given = tensors(x, w, channels, 'float64');
      const [found, expected] = [ours, theirs].map((run) => derivatives(run, given, options));
      found.forEach((tensor, i) => {
        expect(tensor.shape).toEqual(expected[i].shape);
        const scale = expected[i].abs().max().item();
        expect(tensor.sub(expected[i]).abs().max().item()).toBeLessThan(1e-11 * scale);
      });
    });
    expect(liveTensors()).toBe(before);
  });

  test('in float32, of images of either layout, they are those in float64', () => {
    inEachLayout(() => {
      const given = tensors(x, w, channels, 'float64');
      const expected = derivatives(theirs, given, options);
      for (const memoryFormat of ['contiguous', 'channelsLast'] as const) {
        const laidOut = given.map((t) => t.to({ dtype: 'float32' }));
        laidOut[0] = laidOut[0].contiguous({ memoryFormat });
        derivatives(ours, laidOut, options).forEach((tensor, i) => {
          const scale = expected[i].abs().max().item();
          expect(tensor.sub(expected[i]).abs().max().item()).toBeLessThan(1e-5 * scale);
        });
      }
    });
  });

  test('in bfloat16 and channels-last they are near', () => {
    inEachLayout(() => {
      const given = tensors(x, w, channels, 'float32');
      const expected = derivatives(ours, given, options);
      const laidOut = given.map((t) =>
        t.dim === 4 ? t.contiguous({ memoryFormat: 'channelsLast' }) : t,
      );
      const found = derivatives(ours, laidOut, options, (forward) => autocast(forward));
      found.forEach((tensor, i) => {
        const distance = tensor.sub(expected[i]).square().sum().sqrt().item();
        expect(distance).toBeLessThan(0.03 * expected[i].square().sum().sqrt().item());
      });
    });
  });
});

test.each(['float64', 'float32'] as const)(
  'joined channels have the gradients of cat, %s',
  (dtype) => {
    inEachLayout(() => {
      const given = tensors([2, 3, 5, 4], [2, 4, 5, 4], 4, dtype);
      const joined: Run = (a, b, { bias }) => joinChannels(a, b).sin().mul(bias!.sum());
      const composed: Run = (a, b, { bias }) => cat([a, b], { dim: 1 }).sin().mul(bias!.sum());
      const expected = derivatives(composed, given, {});
      derivatives(joined, given, {}).forEach((tensor, i) => {
        expect(tensor.sub(expected[i]).abs().max().item()).toBeLessThan(
          (dtype === 'float64' ? 1e-12 : 1e-5) * expected[i].abs().max().item(),
        );
      });
    });
  },
);

test.each([
  ['float64', 1e-12],
  ['float32', 1e-5],
  ['bfloat16', 0.02],
] as const)('the largest of four has the gradients of maxPool2d, %s', (dtype, tolerance) => {
  inEachLayout(() => {
    // More channels than a vector has lanes, fewer, and a last column that is odd.
    for (const shape of [
      [2, 19, 6, 5],
      [1, 16, 4, 4],
      [3, 1, 2, 2],
    ]) {
      const given = tensors(shape, [1], 1, 'float32').map((t) =>
        t.to({ dtype }).to({ dtype: 'float64' }),
      );
      const run =
        (pool: (x: Tensor) => Tensor): Run =>
        (x, w, { bias }) =>
          pool(x.sin()).mul(w.add(bias!));
      const expected = derivatives(
        run((x) => maxPool2d(x, 2)),
        given,
        {},
      );
      const narrow = given.map((t) => t.to({ dtype }));
      derivatives(run(halveByMaximum), narrow, {}).forEach((tensor, i) => {
        const distance = tensor.sub(expected[i]).abs().max().item();
        expect(distance).toBeLessThan(tolerance * expected[i].abs().max().item());
      });
    }
  });
});

test('of ties the first is the largest, and what is not a number before all', () => {
  inEachLayout(() => {
    const x = tensor([
      [1, 1, 2, Number.NaN],
      [1, 1, 0, 5],
    ])
      .reshape([1, 1, 2, 4])
      .requiresGrad_();
    const y = halveByMaximum(x);
    expect(y.detach().flatten().toArray()).toEqual([1, Number.NaN]);
    const [g] = grad(y.narrow(3, 0, 1).sum(), [x]);
    expect(g.flatten().toArray()).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => halveByMaximum(ones([1, 2, 1, 4]))).toThrow(/two rows and columns/);
  });
});

test('images are handed on in the layout that the process has', () => {
  inEachLayout(() => {
    const [x, w] = tensors([2, 3, 6, 6], [4, 3, 3, 3], 4, 'float32').map((t) => t.requiresGrad_());
    const y = convolve(x, w, { padding: 1 });
    const both = joinChannels(halveByMaximum(y), halveByMaximum(y));
    const images = [y, both, ...grad(both.square().sum(), [x])];
    const last = environment().imageLayout === 'channels-last';
    for (const image of images) expect(image.isContiguous('channelsLast')).toBe(last);
  });
});

test('a gradient that nobody asks for is not computed', () => {
  scope(() => {
    const [x, w] = tensors([1, 2, 6, 6], [3, 2, 3, 3], 3, 'float64').map((t) => t.requiresGrad_());
    const [byWeight] = grad(convolve(x, w).square().sum(), [w], { createGraph: true });
    const [second] = grad(byWeight.square().sum(), [x]);
    const [alone] = grad(conv2d(x, w).square().sum(), [w], { createGraph: true });
    const [expected] = grad(alone.square().sum(), [x]);
    expect(second.sub(expected).abs().max().item()).toBeLessThan(1e-10);
  });
});

test.each([
  ['channels that differ', [1, 2, 6, 6], [3, 4, 3, 3], {}, /has 2 channels, the weight takes 4/],
  ['a kernel too large', [1, 2, 4, 4], [3, 2, 7, 7], {}, /kernel of 7 does not fit an input of 4/],
  [
    'a stride of 0',
    [1, 2, 6, 6],
    [3, 2, 3, 3],
    { stride: 0 },
    /stride and dilation must be above 0/,
  ],
  ['a missing batch axis', [2, 6, 6], [3, 2, 3, 3], {}, /expected input \[N, C, H, W\]/],
])('refuses %s', (_, x, w, options, message) => {
  scope(() => {
    using generator = new Generator(0);
    const [input, weight] = [x, w].map((shape) => randn(shape, { generator }));
    expect(() => convolve(input, weight, options)).toThrow(message);
  });
});

test('kernels are mixed as they are padded, multiplied and added, in all derivatives; others are refused', () => {
  using generator = new Generator(5);
  scope(() => {
    // More pairs of channels than a piece of a sum has, and a rest.
    const kernels = [4, 6, 8].map((k) => randn([19, 7, k, k], { generator, dtype: 'float64' }));
    const shares = randn([3], { generator, dtype: 'float64' });
    const padded = (kernel: Tensor) =>
      constantPadNd(kernel, Array(4).fill((8 - kernel.shape[3]) / 2));
    const plain = (k: readonly Tensor[], a: Tensor) =>
      a.unbind().reduce((sum, share, i) => sum.add(padded(k[i]).mul(share)), padded(k[0]).mul(0));
    const upToSecond = (
      run: (k: readonly Tensor[], a: Tensor) => Tensor,
      dtype: 'float32' | 'float64',
    ) => {
      const at = [...kernels, shares].map((t) => t.to({ dtype }).detach().requiresGrad_());
      const mixed = run(at.slice(0, 3), at[3]);
      const first = grad(mixed.mul(mixed.sin()).mean(), at, { createGraph: true });
      const again = first
        .map((g, i) =>
          g
            .square()
            .sum()
            .mul(i + 1),
        )
        .reduce((a, b) => a.add(b));
      return [mixed, ...first, ...grad(again, at)].map((t) => t.detach().to({ dtype: 'float64' }));
    };
    const expected = upToSecond(plain, 'float64');
    upToSecond((k, a) => mixKernels(k, a)!, 'float32').forEach((found, i) => {
      const scale = expected[i].abs().max().item();
      expect(found.shape).toEqual(expected[i].shape);
      expect(found.sub(expected[i]).abs().max().item() / scale, `result ${i}`).toBeLessThan(2e-6);
    });

    const narrow = kernels.map((k) => k.to({ dtype: 'float32' }));
    const numbers = shares.to({ dtype: 'float32' });
    expect(mixKernels(narrow, numbers)).not.toBeNull();
    expect(mixKernels(kernels, shares)).toBeNull();
    expect(mixKernels(narrow.slice(1), numbers.narrow(0, 0, 2))).toBeNull();
    expect(mixKernels(narrow.toReversed(), numbers)).toBeNull();
    expect(mixKernels([narrow[0].narrow(0, 0, 1), ...narrow.slice(1)], numbers)).toBeNull();
  });
});

test('within autocast kernels are mixed in its type, each derivative as if converted afterwards', () => {
  using generator = new Generator(7);
  scope(() => {
    const kernels = [4, 6, 8].map((k) => randn([19, 7, k, k], { generator }).requiresGrad_());
    const leaves = [...kernels, randn([3], { generator }).requiresGrad_()];
    const gradOutputs = randn([19, 7, 8, 8], { generator })
      .to({ dtype: 'bfloat16' })
      .requiresGrad_();
    const directions = leaves.map((leaf) => randn(leaf.shape, { generator }));
    const [found, expected] = [
      autocast(() => mixKernels(kernels, leaves[3])!),
      mixKernels(kernels, leaves[3])!.to({ dtype: 'bfloat16' }),
    ].map((mixed) => {
      expect(mixed.dtype).toBe('bfloat16');
      const first = grad(mixed, leaves, { gradOutputs, createGraph: true });
      // By kernels and by shares apart: the sum of both would be rounded in one type or in the other.
      const second = [first.slice(0, 3), first.slice(3)].flatMap((outputs, i) =>
        grad(outputs, [leaves[3 * (1 - i)], gradOutputs], {
          gradOutputs: i === 0 ? directions.slice(0, 3) : directions.slice(3),
          retainGraph: true,
        }),
      );
      return [mixed, ...first, ...second].map((t) => [
        t.dtype,
        t.detach().to({ dtype: 'float32' }).toArray(),
      ]);
    });
    expect(found).toEqual(expected);
  });
});

test('gradients of mixed kernels without their values are differentiated as with them, and the values are made again', () => {
  using generator = new Generator(6);
  scope(() => {
    // The larger number of pairs of channels is shared among threads.
    for (const pairs of [1, 300]) {
      const leaf = (shape: number[]) => randn(shape, { generator }).requiresGrad_();
      const [shares, ...kernels] = [leaf([3]), ...[4, 6, 8].map((k) => leaf([pairs, 1, k, k]))];
      const recorded = () =>
        grad(mixKernels(kernels, shares)!.sin().sum(), kernels, { createGraph: true });
      const gradOutputs = kernels.map((k) => randn(k.shape, { generator }));
      const whole = recorded();
      const hollow = recorded().map((gradient) => withoutValues(gradient)!);
      hollow.forEach((gradient, i) => {
        expect(gradient.shape).toEqual(kernels[i].shape);
        expect(gradient.isnan().all().item()).toBe(true);
        expect(gradient.requiresGrad).toBe(true);
        const again = remakeValues(gradient);
        expect(again.requiresGrad).toBe(false);
        expect(again.isContiguous()).toBe(true);
        expect(again.toArray()).toEqual(whole[i].toArray());
      });
      const [expected, found] = [whole, hollow].map((gradients) =>
        grad(gradients, [...kernels, shares], { gradOutputs }).map((t) => t.toArray()),
      );
      expect(found).toEqual(expected);
      expect(() => remakeValues(hollow[0])).toThrow(/second time|already been freed/);
      for (const other of [shares, shares.mul(2), whole[0].mul(2), whole[0].detach()])
        expect(withoutValues(other)).toBeNull();
      expect(() => remakeValues(shares)).toThrow(/does not keep what it was made from/);
    }
  });
});
