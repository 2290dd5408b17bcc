/**
 * Swin-UNet beside PyTorch (test/golden/make-swin.py, which has no windows but asks of each pair of tokens
 * whether they share one), its windows beside their definition, and its second derivatives beside differences.
 */
import { arange, Generator, grad, liveTensors, noGrad, scope, type Tensor } from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  expectSummary,
  fill,
  inDouble,
  norm,
  readGolden,
  rounded,
  type Summary,
  single,
} from '../../../test/golden.ts';
import { derivatives, largestDifference, wave } from '../../../test/numeric.ts';
import { StochasticDepth, substitute, valuesOf } from '../../nn/index.ts';
import { SwinBlock } from './block.ts';
import { SwinUNet, type SwinUNetOptions } from './index.ts';
import { headsFor } from './swin-unet.ts';
import { blockedPairs, merge, partition, relativePositionIndex, windowGrid } from './windows.ts';

const golden = readGolden<{
  published: number;
  shapes: Record<string, number[]>;
  cases: {
    window: number;
    size: [number, number];
    logits: Summary;
    inputGradient: Summary;
    gradientNorms: Record<string, number>;
    afterOneStep: Summary;
  }[];
}>('swin.json');

let before: number;
let generator: Generator;
beforeEach(() => {
  before = liveTensors();
  generator = new Generator(0);
});
afterEach(() => {
  generator.dispose();
  expect(liveTensors()).toBe(before);
});

const rowsOf = (matrix: Tensor): number[][] => matrix.unbind().map((row) => row.toArray());
const make = (channels: number, planes: number, options: Partial<SwinUNetOptions> = {}) =>
  new SwinUNet(channels, planes, { width: 12, generator, dropoutGenerator: generator, ...options });

describe('beside PyTorch', () => {
  const names = Object.keys(golden.shapes);

  test('has the official key names and shapes', () => {
    using net = make(3, 2, { window: 4 });
    const shapes = [...net.stateDict()].map(([name, value]) => [name, value.shape]);
    expect(Object.fromEntries(shapes)).toEqual(golden.shapes);
  });

  test.each(golden.cases)(
    'with windows of $window on images of $size gives its logits, gradients, and logits after a step',
    (reference) => {
      const { window, size } = reference;
      using net = fill(make(3, 2, { window, dropPath: 0 }), names);
      scope(() => {
        const image = rounded([2, 3, ...size]).requiresGrad_();
        expectSummary(net.forward(single(image)), reference.logits, 1e-5);

        fill(inDouble(net), names);
        const logits = net.forward(image);
        expect(logits.shape).toEqual([2, 2, ...size]);
        expectSummary(logits, reference.logits, 1e-9);

        const parameters = net.namedParameters();
        const values = valuesOf([...parameters.values()]);
        const loss = logits.mul(rounded(logits.shape, 1)).mean();
        const [byImage, ...gradients] = grad(loss, [image, ...values]);
        expectSummary(byImage, reference.inputGradient, 1e-8);
        [...parameters.keys()].forEach((name, i) => {
          const expected = reference.gradientNorms[name];
          expect(Math.abs(norm(gradients[i]) - expected), name).toBeLessThan(
            1e-8 * expected + 1e-12,
          );
        });

        noGrad(() => {
          values.forEach((value, i) => {
            value.sub_(gradients[i]);
          });
        });
        expectSummary(net.forward(image), reference.afterOneStep, 1e-8);
      });
    },
  );
});

describe('at first', () => {
  test('has the published size, heads and weights at width 96', () => {
    using net = make(3, 9, { width: 96 });
    const count = net.parameters().reduce((sum, { value }) => sum + value.numel, 0);
    const state = net.stateDict();
    scope(() => {
      const heads = [0, 1, 2, 3].map(
        (i) => state.get(`layers.${i}.blocks.0.attn.relative_position_bias_table`)!.shape,
      );
      expect(heads).toEqual([3, 6, 12, 24].map((h) => [169, h]));
      const spread = (name: string) => state.get(name)!.std(null).item();
      expect(spread('layers.3.blocks.1.mlp.fc1.weight')).toBeCloseTo(0.02, 4);
      expect(spread('layers_up.1.blocks.0.attn.relative_position_bias_table')).toBeCloseTo(0.02, 2);
      expect(norm(state.get('layers.0.blocks.0.attn.qkv.bias')!)).toBe(0);
      expect(spread('patch_embed.proj.weight')).toBeCloseTo(1 / Math.sqrt(3 * 48), 2);
    });
    expect(count).toBe(golden.published);
  });

  test.each([
    [12, 1],
    [50, 1],
    [64, 2],
    [96, 3],
    [100, 2], // three would not divide
    [128, 4],
  ])('has at width %i heads of 32 channels or more: %i in the first stage', (width, heads) => {
    expect(headsFor(width)).toBe(heads);
  });
});

describe('windows', () => {
  const sizes: [number, number, number, boolean][] = [
    [8, 8, 4, false],
    [8, 8, 4, true],
    [5, 9, 3, true],
    [7, 2, 4, true],
    [10, 8, 7, true],
    [1, 1, 7, true],
  ];

  test.each(sizes)(
    '%i x %i tokens in windows of %i, shifted %s: cut and put back',
    (height, width, window, shifted) => {
      const grid = windowGrid(height, width, { window, shifted });
      scope(() => {
        const map = wave([2, height, width, 3]);
        const windows = partition(map, grid);
        const tokens = Math.min(height, window) * Math.min(width, window);
        expect(windows.shape.slice(2)).toEqual([tokens, 3]);
        expect(largestDifference(merge(windows, grid), map)).toBe(0);
      });
    },
  );

  test('of a map that they divide hold neighbours', () => {
    scope(() => {
      const map = arange(0, 16).reshape([1, 4, 4, 1]);
      const cut = (shifted: boolean) => {
        const grid = windowGrid(4, 4, { window: 2, shifted });
        return rowsOf(partition(map, grid).reshape([4, 4]));
      };
      expect(cut(false)).toEqual([
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
      ]);
      expect(cut(true)).toEqual([
        [5, 6, 9, 10],
        [7, 4, 11, 8],
        [13, 14, 1, 2],
        [15, 12, 3, 0],
      ]);
    });
  });

  test('block nothing where nothing was moved or added', () => {
    for (const [height, width] of [
      [8, 4],
      [3, 2],
    ]) {
      const grid = windowGrid(height, width, { window: 4, shifted: false });
      expect(blockedPairs(grid, 'cpu')).toBe(null);
    }
    expect(blockedPairs(windowGrid(4, 3, { window: 4, shifted: true }), 'cpu')).toBe(null);
  });

  test.each(sizes)(
    '%i x %i tokens in windows of %i, shifted %s: each token changes those of its window alone',
    (height, width, window, shifted) => {
      using block = fill(
        inDouble(
          new SwinBlock(4, {
            ...{ heads: 1, window, shifted, dropPath: 0 },
            ...{ generator, dropoutGenerator: generator },
          }),
        ),
      );
      const shiftOf = (size: number) => (shifted && size > window ? Math.floor(window / 2) : 0);
      const windowOf = (place: number, size: number) =>
        Math.floor((place - shiftOf(size)) / window);
      const tokens = Array.from({ length: height * width }, (_, i) =>
        [windowOf(Math.floor(i / width), height), windowOf(i % width, width)].join(),
      );
      scope(() => {
        const map = wave([1, height, width, 4]);
        const output = block.forward(map);
        tokens.forEach((own, i) => {
          const other = map.clone();
          other.at(0, Math.floor(i / width), i % width).add_(wave([4], 2));
          const changes = block.forward(other).sub(output).abs().amax({ dim: 3 }).toArray();
          expect(changes.map((change) => change > 0)).toEqual(
            tokens.map((window) => window === own),
          );
        });
      });
    },
  );

  test('know the offset of each pair of tokens', () => {
    scope(() => {
      // Tokens in reading order; offsets from query (row) to key, from (-1, -1), 0, to (1, 1), 8.
      expect(rowsOf(relativePositionIndex(2))).toEqual([
        [4, 3, 1, 0],
        [5, 4, 2, 1],
        [7, 6, 4, 3],
        [8, 7, 5, 4],
      ]);
    });
  });
});

test('the loss is twice differentiable by the weights and by the image', () => {
  // 8 x 4 tokens and fewer: shifted windows of 3, with padding, and a map of less than a window.
  using net = fill(inDouble(make(1, 1, { width: 4, window: 3, dropPath: 0 })));
  const parameters = net.parameters();
  scope(() => {
    const f = ([image, ...weights]: Tensor[]) =>
      substitute(parameters, weights, () => {
        const logits = net.forward(image);
        return logits.mul(wave(logits.shape, 3)).add(1).square().mean();
      });
    const at = [wave([2, 1, 32, 16]), ...valuesOf(parameters)];
    const { first, second } = derivatives(f, at, 1e-6);
    expect(first.exact / first.difference).toBeCloseTo(1, 6);
    expect(second.exact / second.difference).toBeCloseTo(1, 5);
  });
});

describe('stochastic depth', () => {
  test('draws from its generator, in training alone', () => {
    using dropoutGenerator = new Generator(3);
    using net = make(1, 2, { dropPath: 0.5, dropoutGenerator });
    scope(() => {
      const images = single(wave([4, 1, 32, 32]));
      const start = dropoutGenerator.state;
      const logits = net.forward(images);
      expect(largestDifference(net.forward(images), logits)).toBeGreaterThan(1e-3);
      dropoutGenerator.state = start;
      expect(largestDifference(net.forward(images), logits)).toBe(0);

      const later = dropoutGenerator.state;
      net.eval().forward(images);
      expect(dropoutGenerator.state).toEqual(later);
    });
  });

  test('is in every block, and none in the first of the encoder', () => {
    using net = make(1, 1);
    const depths = [...net.modules()].filter(([, m]) => m instanceof StochasticDepth);
    expect(depths.length).toBe(14);
    scope(() => {
      const residual = single(wave([4000, 1]))
        .abs()
        .add(1);
      const rate = (name: string) => {
        const depth = depths.find(([path]) => path === name)![1] as StochasticDepth;
        return depth.forward(residual).eq(0).to({ dtype: 'float32' }).mean().item();
      };
      expect(rate('layers.0.blocks.0.drop_path')).toBe(0);
      expect(rate('layers_up.3.blocks.0.drop_path')).toBe(0);
      expect(rate('layers.3.blocks.1.drop_path')).toBeCloseTo(0.1, 1);
    });
  });
});

test('takes images of any size, also of one pixel', () => {
  using net = make(2, 3);
  scope(() => {
    const logits = net.forward(single(wave([1, 2, 1, 1])));
    expect(logits.shape).toEqual([1, 3, 1, 1]);
    expect(Number.isFinite(norm(logits))).toBe(true);
    expect(net.forward(single(wave([1, 2, 33, 70]))).shape).toEqual([1, 3, 33, 70]);
  });
});

test('the same generator state gives the same weights', () => {
  const start = generator.state;
  using one = make(1, 1);
  generator.state = start;
  using two = make(1, 1);
  const bits = (net: SwinUNet) => [...net.stateDict().values()].map((value) => value.toArray());
  expect(bits(one)).toEqual(bits(two));
});
