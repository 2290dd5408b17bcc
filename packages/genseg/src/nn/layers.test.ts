/** Layers beside PyTorch's (test/golden/make-nn.py), and their derivatives beside differences. */
import {
  autocast,
  Generator,
  grad,
  liveTensors,
  relu,
  scope,
  type Tensor,
  tensor,
} from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readGolden, single } from '../../test/golden.ts';
import { derivatives, largestDifference, wave } from '../../test/numeric.ts';
import {
  attention,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  constant,
  Dropout,
  InstanceNorm2d,
  type Layer,
  LayerNorm,
  Linear,
  normal,
  paddedToMultiple,
  Sequential,
  StochasticDepth,
  substitute,
  truncatedNormal,
} from './index.ts';

interface Golden {
  state: Record<string, number[]>;
  shape: number[];
  output: number[];
  gradient: number[];
  evaluation: number[];
}

const golden = readGolden<Record<'layers' | 'norms', Record<string, Golden>>>('nn.json');

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

function expectAsInPyTorch(layer: Layer, reference: Golden, inputShape: number[]): void {
  scope(() => {
    const x = single(wave(inputShape)).requiresGrad_();
    const y = layer.forward(x);
    expect(y.shape).toEqual(reference.shape);
    expect(largestDifference(y, reference.output)).toBeLessThan(2e-6);
    const [gradient] = grad(y.mul(single(wave(y.shape, 3))).sum(), [x]);
    expect(largestDifference(gradient, reference.gradient)).toBeLessThan(5e-6);
    expect([...layer.stateDict().keys()]).toEqual(Object.keys(reference.state));
    for (const [name, value] of layer.stateDict()) {
      expect(largestDifference(value, reference.state[name]), name).toBeLessThan(1e-6);
    }
  });
}

describe('convolutions and affine maps draw the weights that PyTorch draws from the same seed', () => {
  test('Conv2d', () => {
    using generator = new Generator(5);
    using layer = new Conv2d(3, 4, 3, { stride: 2, padding: 1, generator });
    expectAsInPyTorch(layer, golden.layers.conv, [2, 3, 7, 6]);
  });

  test('ConvTranspose2d', () => {
    using generator = new Generator(5);
    using layer = new ConvTranspose2d(3, 2, 4, { stride: 2, padding: 1, generator });
    expectAsInPyTorch(layer, golden.layers.transposed, [2, 3, 3, 4]);
  });

  test('Linear', () => {
    using generator = new Generator(5);
    using layer = new Linear(3, 4, { generator });
    expectAsInPyTorch(layer, golden.layers.linear, [2, 5, 3]);
  });

  test('dilated, Conv2d has zeros between the taps of its kernel', () => {
    using generator = new Generator(0);
    using dilated = new Conv2d(2, 3, 3, { padding: 2, dilation: 2, generator });
    using dense = new Conv2d(2, 3, 5, { padding: 2, generator });
    scope(() => {
      const kernel = dense.weight.value.detach().zero_();
      kernel.at('...', [0, 5, 2], [0, 5, 2]).copy_(dilated.weight.value.detach());
      dense.bias!.value.detach().copy_(dilated.bias!.value.detach());
      const x = single(wave([1, 2, 7, 6]));
      expect(largestDifference(dilated.forward(x), dense.forward(x))).toBeLessThan(1e-6);
    });
  });

  test('or those of another initialiser', () => {
    using generator = new Generator(0);
    const init = normal({ mean: 3, std: 0.02 });
    using layer = new Conv2d(8, 8, 8, { init, biasInit: constant(0), generator });
    scope(() => {
      expect(layer.weight.value.mean().item()).toBeCloseTo(3, 2);
      expect(layer.weight.value.std(null).item()).toBeCloseTo(0.02, 3);
      expect(layer.bias!.value.abs().sum().item()).toBe(0);
    });
  });

  test('and a cut normal distribution is PyTorch’s', () => {
    using generator = new Generator(5);
    scope(() => {
      const draw = truncatedNormal({ std: 0.02, bound: 0.03 });
      const { truncated: expected } = readGolden<{ truncated: number[] }>('swin.json');
      expect(Math.max(...expected.map(Math.abs))).toBeLessThan(0.03);
      expect(largestDifference(draw([60], Number.NaN, generator), expected)).toBeLessThan(1e-8);
      const uncut = truncatedNormal({ std: 2 })([200, 200], Number.NaN, generator);
      expect(uncut.std(null).item()).toBeCloseTo(2, 1);
      expect(uncut.abs().max().item()).toBeLessThan(10);
    });
  });
});

const norms: [string, () => Layer][] = [
  ['batch', () => new BatchNorm2d(4)],
  ['instance', () => new InstanceNorm2d()],
  ['layer', () => new LayerNorm(3)],
];

describe.each(norms)('%s normalisation', (name, make) => {
  const prepared = (): Layer => {
    const layer = make();
    scope(() => {
      layer.parameters().forEach((p, i) => {
        p.value.detach().copy_(wave(p.value.shape, i + 1));
      });
    });
    return layer;
  };

  test('is as in PyTorch, in training and in evaluation', () => {
    using layer = prepared();
    expectAsInPyTorch(layer, golden.norms[name], [2, 4, 3, 3]);
    scope(() => {
      const y = layer.eval().forward(single(wave([2, 4, 3, 3])));
      expect(largestDifference(y, golden.norms[name].evaluation)).toBeLessThan(2e-6);
    });
  });

  test('is twice differentiable by input and parameters', () => {
    using layer = prepared();
    scope(() => {
      const at = [wave([2, 4, 3, 3]), ...layer.parameters().map((p, i) => wave(p.value.shape, i))];
      const f = ([x, ...weights]: Tensor[]) =>
        layer.withFrozenStatistics(() =>
          substitute(layer.parameters(), weights, () =>
            layer
              .forward(x)
              .mul(wave([2, 4, 3, 3], 3))
              .square()
              .sum(),
          ),
        );
      const { first, second } = derivatives(f, at);
      expect(first.exact / first.difference).toBeCloseTo(1, 6);
      expect(second.exact / second.difference).toBeCloseTo(1, 6);
    });
  });
});

test('InstanceNorm2d of so many channels scales and shifts each', () => {
  using plain = new InstanceNorm2d();
  using affine = new InstanceNorm2d({ channels: 4 });
  expect(plain.parameters()).toEqual([]);
  expect([...affine.stateDict().keys()]).toEqual(['weight', 'bias']);
  scope(() => {
    const x = single(wave([2, 4, 3, 3]));
    expect(largestDifference(affine.forward(x), plain.forward(x))).toBe(0);
    const [scale, shift] = [single(wave([4], 1)), single(wave([4], 2))];
    affine.weight!.value.detach().copy_(scale);
    affine.bias!.value.detach().copy_(shift);
    const perChannel = (values: Tensor) => values.reshape([1, 4, 1, 1]);
    const expected = plain.forward(x).mul(perChannel(scale)).add(perChannel(shift));
    expect(largestDifference(affine.forward(x), expected)).toBeLessThan(1e-6);
  });
});

describe('BatchNorm2d', () => {
  test('leaves running statistics alone when they are frozen, with the same output', () => {
    using layer = new BatchNorm2d(4);
    scope(() => {
      const x = single(wave([2, 4, 3, 3]));
      const frozen = layer.withFrozenStatistics(() => layer.forward(x));
      const state = () => [...layer.namedBuffers().values()].map((b) => b.value.toArray());
      expect(state()).toEqual([[0, 0, 0, 0], [1, 1, 1, 1], [0]]);
      expect(largestDifference(layer.forward(x), frozen)).toBe(0);
      expect(state()[2]).toEqual([1]);
    });
  });

  test('refuses to train on one value per channel', () => {
    using layer = new BatchNorm2d(4);
    scope(() => {
      expect(() => layer.forward(single(wave([1, 4, 1, 1])))).toThrow(
        'BatchNorm2d trains on more than one value per channel, got [1, 4, 1, 1]',
      );
      expect(layer.eval().forward(single(wave([1, 4, 1, 1]))).shape).toEqual([1, 4, 1, 1]);
    });
  });
});

describe('Dropout', () => {
  test('zeroes about p of the values, scales the rest, and repeats with the generator', () => {
    using generator = new Generator(3);
    using layer = new Dropout(0.25, generator);
    scope(() => {
      const x = single(wave([100, 100]))
        .abs()
        .add(1);
      const start = generator.state;
      const y = layer.forward(x);
      const kept = y.ne(0);
      expect(kept.to({ dtype: 'float32' }).mean().item()).toBeCloseTo(0.75, 1);
      const scaled = x.div(0.75).mul(kept);
      expect(largestDifference(y, scaled)).toBeLessThan(1e-6);
      expect(largestDifference(layer.forward(x), y)).toBeGreaterThan(1);
      generator.state = start;
      expect(largestDifference(layer.forward(x), y)).toBe(0);
      expect(layer.eval().forward(x)).toBe(x);
    });
  });

  test('refuses a probability that leaves nothing', () => {
    using generator = new Generator(0);
    expect(() => new Dropout(1, generator)).toThrow('0 <= p < 1, got 1');
  });
});

describe('StochasticDepth', () => {
  test('leaves out whole samples in training, scales the others, and repeats with the generator', () => {
    using generator = new Generator(3);
    using layer = new StochasticDepth(0.2, generator);
    scope(() => {
      const x = single(wave([2000, 2, 3]))
        .abs()
        .add(1);
      const start = generator.state;
      const y = layer.forward(x);
      const kept = y.ne(0).to({ dtype: 'float32' }).mean([1, 2]); // 0 or 1 for a whole sample
      expect(largestDifference(kept, kept.round())).toBe(0);
      expect(kept.mean().item()).toBeCloseTo(0.8, 1);
      expect(largestDifference(y, x.div(0.8).mul(kept.reshape([-1, 1, 1])))).toBeLessThan(1e-6);
      generator.state = start;
      expect(largestDifference(layer.forward(x), y)).toBe(0);
      expect(layer.eval().forward(x)).toBe(x);
    });
  });

  test('draws nothing where nothing can be left out, and refuses to leave out everything', () => {
    using generator = new Generator(3);
    using layer = new StochasticDepth(0, generator);
    const start = generator.state;
    scope(() => {
      const x = wave([2, 3]);
      expect(layer.forward(x)).toBe(x);
    });
    expect(generator.state).toEqual(start);
    expect(() => new StochasticDepth(1, generator)).toThrow('stochastic depth needs 0 <= p < 1');
  });
});

describe('attention', () => {
  test('weighs values by products, bias, and what is blocked', () => {
    scope(() => {
      const row = (...values: number[]) =>
        tensor(values, { shape: [values.length, 1], dtype: 'float64' });
      const [query, key, value] = [row(1, 2), row(0.5, -1), row(10, 20)];
      const bias = tensor([0, 0.3, -0.2, 0.1], { shape: [2, 2], dtype: 'float64' });
      const share = (a: number, b: number) => Math.exp(a) / (Math.exp(a) + Math.exp(b));
      const first = share(0.5, -1 + 0.3);
      const second = share(1 - 0.2, -2 + 0.1);
      const mixed = (s: number) => 10 * s + 20 * (1 - s);
      const all = attention(query, key, value, { bias });
      expect(largestDifference(all, [mixed(first), mixed(second)])).toBeLessThan(1e-12);
      const blocked = bias.gt(0.2); // the first query's second key
      const some = attention(query, key, value, { bias, blocked });
      expect(largestDifference(some, [10, mixed(second)])).toBeLessThan(1e-12);
    });
  });

  test('divides products by the root of the number of features', () => {
    scope(() => {
      const [query, key] = [wave([3, 4], 1), wave([5, 4], 2)];
      const expected = query
        .matmul(key.transpose(0, 1))
        .div(2)
        .softmax(-1)
        .matmul(wave([5, 4]));
      expect(largestDifference(attention(query, key, wave([5, 4])), expected)).toBeLessThan(1e-12);
    });
  });

  test('is twice differentiable, also where something is blocked', () => {
    scope(() => {
      const blocked = wave([3, 3], 1).lt(0);
      const f = ([query, key, value, bias]: Tensor[]) =>
        attention(query, key, value, { bias, blocked }).square().sum();
      const at = [0, 1, 2].map((phase) => wave([2, 3, 4], phase));
      const { first, second } = derivatives(f, [...at, wave([3, 3], 3)]);
      expect(first.exact / first.difference).toBeCloseTo(1, 6);
      expect(second.exact / second.difference).toBeCloseTo(1, 6);
    });
  });
});

test('Sequential counts functions in its names, as PyTorch counts activations', () => {
  using generator = new Generator(0);
  using net = new Sequential([
    new Conv2d(2, 4, 1, { bias: false, generator }),
    relu,
    new Conv2d(4, 1, 1, { generator }),
  ]);
  expect([...net.stateDict().keys()]).toEqual(['0.weight', '2.weight', '2.bias']);
  scope(() => {
    const x = single(wave([1, 2, 3, 3]));
    const [a, b, bias] = [...net.stateDict().values()];
    const hidden = a
      .reshape([4, 2])
      .matmul(x.reshape([2, 9]))
      .relu();
    const y = b.reshape([1, 4]).matmul(hidden).add(bias);
    expect(largestDifference(net.forward(x), y)).toBeLessThan(1e-6);
  });
});

test('paddedToMultiple repeats the last row and column and cuts the output back', () => {
  scope(() => {
    const x = wave([1, 1, 3, 5]);
    const y = paddedToMultiple(x, 4, (padded) => {
      expect(padded.shape).toEqual([1, 1, 4, 8]);
      expect(padded.at(0, 0, 3, 7).item()).toBe(x.at(0, 0, 2, 4).item());
      expect(padded.at(0, 0, 0, 6).item()).toBe(x.at(0, 0, 0, 4).item());
      return padded.mul(2);
    });
    expect(largestDifference(y, x.mul(2))).toBe(0);
    paddedToMultiple(x, 1, (same) => {
      expect(same).toBe(x);
      return same;
    });
  });
});

test('layers run in bfloat16 under autocast, with gradients in float32', () => {
  using generator = new Generator(0);
  using net = new Sequential([
    new Conv2d(3, 4, 3, { padding: 1, generator }),
    new BatchNorm2d(4),
    new Dropout(0.5, generator),
    new ConvTranspose2d(4, 2, 2, { stride: 2, generator }),
    new LayerNorm(8),
    new Linear(8, 3, { generator }),
  ]);
  scope(() => {
    const x = single(wave([2, 3, 4, 4]));
    const [exact, rough] = [false, true].map((enabled) => {
      generator.seed(1);
      return autocast(() => net.forward(x), { enabled });
    });
    expect(largestDifference(single(rough), exact)).toBeLessThan(0.05);
    const weights = net.parameters().map((p) => p.value);
    const gradients = grad(rough.square().sum(), weights);
    expect(gradients.map((g) => g.dtype)).toEqual(weights.map(() => 'float32'));
    expect(gradients.every((g) => g.isfinite().all().item())).toBe(true);
  });
});
