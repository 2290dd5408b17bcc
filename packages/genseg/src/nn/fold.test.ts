import { Generator, noGrad, rand, relu, scope, type Tensor } from '@genseg/torch';
import { describe, expect, test } from 'vitest';
import { largestDifference } from '../../test/numeric.ts';
import { checkLeaks } from '../../test/tiny.ts';
import { families } from '../segmenter/index.ts';
import { BatchNorm2d, Conv2d, foldNorms, type Module, Sequential } from './index.ts';

checkLeaks();

/** Statistics and affine parts as a long training might leave them. */
function unsettle(module: Module, generator: Generator): void {
  scope(() =>
    noGrad(() => {
      const slots = [...module.namedParameters(), ...module.namedBuffers()];
      for (const [name, { value }] of slots) {
        if (value.dim !== 1) continue;
        const drawn = rand(value.shape, { generator });
        value.copy_(/weight|var/.test(name) ? drawn.mul(2).add(0.2) : drawn.sub(0.5));
      }
    }),
  );
}

const build = (name: string, generator: Generator) =>
  families
    .find((family) => family.name === name)!
    .build(2, 3, { width: 8, size: 64, generator, dropoutGenerator: generator, device: 'cpu' });

const norms = (module: Module): number =>
  [...module.modules()].filter(([, part]) => part instanceof BatchNorm2d).length;

test('what is folded stays as it is when it is folded again', () => {
  using generator = new Generator(0);
  using model = build('unet', generator);
  unsettle(model, generator);
  model.eval();
  scope(() => {
    const images = rand([1, 2, 64, 64], { generator });
    foldNorms(model);
    const once = noGrad(() => model.forward(images));
    expect(foldNorms(model)).toBe(0);
    expect(noGrad(() => model.forward(images)).equal(once)).toBe(true);
  });
});

describe('a folded model gives the logits of the whole one, up to rounding', () => {
  test.each([
    ['unet', 18],
    ['deeplabv3', 60],
    ['deeplabv3-aux', 61],
    ['resunet', 0],
    ['swin-unet', 0],
  ])('%s: %i normalisations', (name, expected) => {
    using generator = new Generator(0);
    using model = build(name, generator);
    unsettle(model, generator);
    model.eval();
    scope(() => {
      const images = rand([2, 2, 64, 48], { generator });
      const logits = () => noGrad(() => model.forward(images));
      const whole = logits();
      expect([norms(model), foldNorms(model)]).toEqual([expected, expected]);
      const typical = whole.square().mean().sqrt().item();
      expect(typical).toBeGreaterThan(0);
      const difference = largestDifference(logits(), whole) / typical;
      if (expected === 0) expect(difference).toBe(0);
      else expect(difference).toBeLessThan(1e-4);
      model.to({ memoryFormat: 'channelsLast' });
      expect(largestDifference(logits(), whole) / typical).toBeLessThan(1e-4);
    });
  });
});

test('by hand: the convolution is scaled and shifted, with a bias of its own or without', () => {
  using generator = new Generator(1);
  for (const bias of [true, false]) {
    using conv = new Conv2d(1, 2, 3, { bias, generator });
    using norm = new BatchNorm2d(2);
    unsettle(norm, generator);
    using pair = new Sequential([conv, norm]);
    pair.eval();
    scope(() => {
      const image = rand([1, 1, 3, 3], { generator });
      const value = (x: Tensor) => x.reshape([-1]).toArray();
      const plain = value(conv.forward(image));
      const state = norm.stateDict();
      const [w, b, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((name) =>
        value(state.get(name)!),
      );
      expect(foldNorms(pair)).toBe(1);
      value(pair.forward(image)).forEach((y, c) => {
        const wanted = (w[c] * (plain[c] - mean[c])) / Math.sqrt(variance[c] + 1e-5) + b[c];
        expect(y).toBeCloseTo(wanted, 5);
      });
    });
  }
});

test('a normalisation that something else comes before stays', () => {
  using generator = new Generator(2);
  using net = new Sequential([new Conv2d(1, 2, 1, { generator }), relu, new BatchNorm2d(2)]);
  expect(foldNorms(net.eval())).toBe(0);
});

test('a model in training is refused', () => {
  using generator = new Generator(3);
  using net = new Sequential([new Conv2d(1, 2, 1, { generator }), new BatchNorm2d(2)]);
  expect(() => foldNorms(net)).toThrow('is in training; call eval() first');
});
