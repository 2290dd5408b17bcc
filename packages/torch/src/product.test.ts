/** Convolutions of few pixels by large kernels in bfloat16 (native/product.h), beside those in float32. */
import { describe, expect, test } from 'vitest';
import {
  type ConvolveOptions,
  convolve,
  convolveTransposed,
  environment,
  Generator,
  grad,
  liveTensors,
  rand,
  randn,
  scope,
  startProfile,
  type Tensor,
} from './index.ts';

const { avx512 } = environment().cpu;

type Dtype = 'float32' | 'bfloat16';

/** -1, 0 and 1, so few of them not 0 that every sum is a whole number that bfloat16 has. */
function sparse(shape: number[], generator: Generator): Tensor {
  const x = rand(shape, { generator });
  return x
    .gt(0.98)
    .to({ dtype: 'float32' })
    .sub(x.lt(0.02).to({ dtype: 'float32' }));
}

/** The value, its gradients by input and weight, and those of a product with these by all three. */
function derivatives(
  run: typeof convolve,
  [x, w, b, ...directions]: readonly Tensor[],
  { dtype, ...options }: ConvolveOptions & { dtype: Dtype },
): Tensor[] {
  const leaf = (t: Tensor) => t.to({ dtype }).detach().requiresGrad_();
  const [input, weight, bias] = [x, w, b].map(leaf);
  const y = run(input, weight, { ...options, bias });
  const [by, ...cotangents] = directions.map(leaf);
  const first = grad(y, [input, weight], { gradOutputs: by, createGraph: true });
  const second = grad(first, [by, input, weight], { gradOutputs: cotangents });
  return [y, ...first, ...second].map((t) => t.detach().to({ dtype: 'float32' }));
}

/** Shapes of input, weight and output. */
const cases: [string, typeof convolve, number[], number[], number[], ConvolveOptions][] = [
  [
    'halving',
    convolve,
    [2, 128, 6, 8],
    [128, 128, 8, 8],
    [2, 128, 3, 4],
    { stride: 2, padding: 3 },
  ],
  [
    'to one pixel',
    convolve,
    [1, 128, 2, 2],
    [128, 128, 8, 8],
    [1, 128, 1, 1],
    { stride: 2, padding: 3 },
  ],
  ['3 x 3', convolve, [1, 352, 5, 4], [352, 352, 3, 3], [1, 352, 5, 4], { padding: 1 }],
  [
    'atrous',
    convolve,
    [1, 352, 7, 4],
    [352, 352, 3, 3],
    [1, 352, 7, 4],
    { padding: 2, dilation: 2 },
  ],
  [
    'of every other pixel',
    convolve,
    [1, 1024, 5, 4],
    [1024, 1024, 1, 1],
    [1, 1024, 3, 2],
    { stride: 2 },
  ],
  [
    'beyond a border',
    convolve,
    [1, 128, 4, 4],
    [128, 128, 8, 8],
    [1, 128, 2, 2],
    { stride: 3, padding: 4 },
  ],
  [
    'doubling, a kernel that is not square',
    convolveTransposed,
    [2, 128, 3, 4],
    [128, 128, 8, 10],
    [2, 128, 6, 10],
    { stride: 2, padding: 3 },
  ],
];

// Without AVX-512 they are convolutions like any other: convolution.test.ts.
describe.skipIf(!avx512).each(cases)('%s', (_, run, x, w, y, options) => {
  const before = liveTensors();
  const channels = [run === convolve ? w[0] : w[1]];
  /** In float32 and in bfloat16; the last two of what is drawn are directions for the derivatives by input and weight. */
  const both = (draw: (shape: number[]) => Tensor) => {
    const given = [x, w, channels, y, x, w].map(draw);
    return (['float32', 'bfloat16'] as const).map((dtype) =>
      derivatives(run, given, { ...options, dtype }),
    );
  };

  test('exact where bfloat16 is', () => {
    using generator = new Generator(8);
    scope(() => {
      const [expected, found] = both((shape) => sparse(shape, generator));
      found.forEach((tensor, i) => {
        const largest = expected[i].abs().max().item();
        expect(largest, `result ${i}`).toBeGreaterThan(0);
        expect(largest, `result ${i}`).toBeLessThan(256);
        expect(tensor.shape).toEqual(expected[i].shape);
        expect(tensor.sub(expected[i]).abs().max().item(), `result ${i}`).toBe(0);
      });
    });
    expect(liveTensors()).toBe(before);
  });

  test('near where it rounds', () => {
    using generator = new Generator(8);
    scope(() => {
      const [expected, found] = both((shape) => randn(shape, { generator }));
      const length = (t: Tensor) => t.square().sum().sqrt().item();
      found.forEach((tensor, i) => {
        const distance = length(tensor.sub(expected[i]));
        expect(distance / length(expected[i]), `result ${i}`).toBeLessThan(0.01);
      });
    });
  });

  test('hands images on in the layout that the process has', () => {
    using generator = new Generator(8);
    const { imageLayout } = environment();
    scope(() => {
      const [input, weight] = [x, w].map((shape) =>
        sparse(shape, generator).to({ dtype: 'bfloat16' }).requiresGrad_(),
      );
      const output = run(input, weight, options);
      const [byInput, byWeight] = grad(output.square().sum(), [input, weight]);
      for (const image of [output, byInput])
        expect(
          image.isContiguous(imageLayout === 'contiguous' ? 'contiguous' : 'channelsLast'),
        ).toBe(true);
      expect(byWeight.isContiguous()).toBe(true);
    });
  });
});

test('few pixels and a large kernel make a product, in every derivative; others a convolution', () => {
  using generator = new Generator(9);
  const namesOf = (x: number[], w: number[], y: number[], dtype: Dtype) =>
    scope(() => {
      const given = [x, w, [w[0]], y, x, w].map((shape) => sparse(shape, generator));
      const profile = startProfile();
      derivatives(convolve, given, { stride: 2, padding: 3, dtype });
      const names = profile.stop().operators.map(({ name }) => name);
      return ['mm', 'convolution', 'convolution_backward'].map((name) => names.includes(name));
    });
  const kernel = [128, 128, 8, 8];
  const product = [true, false, false];
  const convolution = [false, true, true];
  const few = namesOf([1, 128, 6, 6], kernel, [1, 128, 3, 3], 'bfloat16');
  expect(few).toEqual(avx512 ? product : convolution);
  expect(namesOf([1, 128, 6, 6], kernel, [1, 128, 3, 3], 'float32')).toEqual(convolution);
  expect(namesOf([1, 128, 18, 18], kernel, [1, 128, 9, 9], 'bfloat16')).toEqual(convolution);
  expect(namesOf([1, 64, 6, 6], [64, 64, 8, 8], [1, 64, 3, 3], 'bfloat16')).toEqual(convolution);
});
