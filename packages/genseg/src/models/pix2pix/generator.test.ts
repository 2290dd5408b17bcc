import { Generator, grad, liveTensors, scope, type Tensor } from '@genseg/torch';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { derivatives, largestDifference, wave } from '../../../test/numeric.ts';
import { substitute, valuesOf } from '../../nn/index.ts';
import { Architecture, generatorDepth, Pix2PixGenerator } from './index.ts';

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

/** A generator of two-channel images from one-channel masks, and what it depends on. */
function make(depth: number) {
  const generator = new Generator(0);
  const dropoutGenerator = new Generator(1);
  const architecture = new Architecture(depth, { generator });
  const options = { width: 2, generator, dropoutGenerator };
  const net = new Pix2PixGenerator(1, 2, architecture, options);
  return {
    net,
    architecture,
    dropoutGenerator,
    [Symbol.dispose]: () => {
      for (const part of [net, architecture, generator, dropoutGenerator]) part.dispose();
    },
  };
}

const masks = (shape: number[]): Tensor => wave(shape).gt(0).to({ dtype: 'float32' });

test('draws images of the masks’ size, any size, with values in [0, 1]', () => {
  using made = make(4);
  scope(() => {
    for (const [height, width] of [
      [16, 16],
      [20, 27],
      [3, 40],
    ]) {
      const images = made.net.forward(masks([2, 1, height, width]));
      expect(images.shape).toEqual([2, 2, height, width]);
      expect(images.min().item()).toBeGreaterThanOrEqual(0);
      expect(images.max().item()).toBeLessThanOrEqual(1);
    }
  });
});

test('the depth brings the size down to one pixel, at most eight times', () => {
  const sizes = [1, 2, 64, 100, 128, 256, 1000].map((size) => generatorDepth(size, 1000));
  expect(sizes).toEqual([1, 1, 6, 6, 7, 8, 8]);
  expect(generatorDepth(256, 64)).toBe(6);
});

test('the architecture steers the output and is not among the weights', () => {
  using made = make(4);
  const { net, architecture } = made;
  scope(() => {
    const owned = new Set(net.parameters());
    for (const alpha of architecture.parameters()) expect(owned.has(alpha)).toBe(false);
    const images = net.forward(masks([2, 1, 16, 16]));
    const loss = images.mul(wave(images.shape, 2)).sum();
    for (const gradient of grad(loss, valuesOf(architecture.parameters()))) {
      expect(gradient.abs().max().item()).toBeGreaterThan(0);
    }
  });
});

test('dropout is in the inner levels from depth six on, and repeats with its generator', () => {
  using shallow = make(5);
  using deep = make(6);
  scope(() => {
    for (const [{ net, dropoutGenerator }, draws] of [
      [shallow, false],
      [deep, true],
    ] as const) {
      const input = masks([2, 1, 64, 64]);
      const state = dropoutGenerator.state;
      const first = net.forward(input);
      const drawn = largestDifference(net.forward(input), first);
      expect(drawn > 0).toBe(draws);
      dropoutGenerator.state = state;
      expect(largestDifference(net.forward(input), first)).toBe(0);
    }
  });
});

test('is twice differentiable by alpha and by the weights, with dropout', () => {
  using made = make(6);
  const { net, architecture, dropoutGenerator } = made;
  scope(() => {
    const input = masks([1, 1, 64, 64]).to({ dtype: 'float64' });
    const state = dropoutGenerator.state;
    const parameters = [...architecture.parameters(), ...net.parameters()];
    const f = (values: Tensor[]) => {
      dropoutGenerator.state = state;
      return net.withFrozenStatistics(() =>
        substitute(parameters, values, () => net.forward(input).square().sum()),
      );
    };
    const all = valuesOf(parameters).map((value) => value.detach().to({ dtype: 'float64' }));
    const alphas = architecture.parameters().length;
    const byAlpha = derivatives(
      (values) => f([...values, ...all.slice(alphas)]),
      all.slice(0, alphas),
      1e-6,
    );
    const byBoth = derivatives(f, all, 1e-7);
    for (const { first, second } of [byAlpha, byBoth]) {
      expect(first.exact / first.difference).toBeCloseTo(1, 5);
      expect(second.exact / second.difference).toBeCloseTo(1, 4);
    }
  });
});
