import { Generator, grad, liveTensors, ones, scope, type Tensor, tensor } from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { derivatives, largestDifference, wave } from '../../test/numeric.ts';
import { type GanLoss, lsgan, vanillaGan, wganGp } from './index.ts';

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

const logistic = (z: number) => -Math.log(1 / (1 + Math.exp(-z)));

const cases: [string, GanLoss, (real: number, fake: number) => number, (fake: number) => number][] =
  [
    ['vanilla', vanillaGan, (r, f) => (logistic(r) + logistic(-f)) / 2, (f) => logistic(f)],
    ['lsgan', lsgan, (r, f) => ((r - 1) ** 2 + f ** 2) / 2, (f) => (f - 1) ** 2],
    ['wgan-gp', wganGp(), (r, f) => f - r, (f) => -f],
  ];

describe.each(cases)('%s', (_, loss, discriminator, generator) => {
  test('has the published value', () => {
    scope(() => {
      const [real, fake] = [0.7, -0.4];
      const patches = (value: number) => tensor([value, value]).reshape([2, 1, 1, 1]);
      const d = loss.discriminator(patches(real), patches(fake)).item();
      expect(d).toBeCloseTo(discriminator(real, fake), 6);
      expect(loss.generator(patches(fake)).item()).toBeCloseTo(generator(fake), 6);
    });
  });

  test('raises D on real and lowers it on fake, while G raises it on fake', () => {
    scope(() => {
      const real = tensor([0.2], { requiresGrad: true });
      const fake = tensor([0.3], { requiresGrad: true });
      const [byReal, byFake] = grad(loss.discriminator(real, fake), [real, fake]);
      const [forGenerator] = grad(loss.generator(fake), [fake]);
      expect([byReal, byFake, forGenerator].map((g) => Math.sign(g.item()))).toEqual([-1, 1, -1]);
    });
  });
});

describe('the gradient penalty', () => {
  const penalty = wganGp({ weight: 10 }).penalty!;

  test('of a linear critic is weight (|a| - 1)^2, in value and in gradient', () => {
    using generator = new Generator(0);
    scope(() => {
      const a = tensor([0.3, -0.4, 1.2, 0], { shape: [1, 1, 2, 2], requiresGrad: true }); // |a| = 1.3
      const images = { real: ones([3, 1, 2, 2]), fake: ones([3, 1, 2, 2]).mul(0.2) };
      const value = penalty((x) => x.mul(a).sum([1, 2, 3]), images, generator);
      expect(value.item()).toBeCloseTo(10 * 0.3 ** 2, 5);
      const [gradient] = grad(value, [a]);
      expect(largestDifference(gradient, a.detach().mul((2 * 10 * 0.3) / 1.3))).toBeLessThan(1e-5);
    });
  });

  test('looks at each sample between its own real and fake image, and repeats with the generator', () => {
    using generator = new Generator(1);
    scope(() => {
      const real = tensor([1, 2, 3], { shape: [3, 1, 1, 1] });
      const fake = real.add(10);
      let seen: number[] = [];
      const critic = (x: Tensor) => {
        seen = x.toArray();
        return x.square().div(2); // its slope is x itself
      };
      const start = generator.state;
      const value = penalty(critic, { real, fake }, generator).item();
      const t = seen.map((x, i) => (x - (i + 1)) / 10);
      expect(t.every((share) => share > 0 && share < 1)).toBe(true);
      expect(new Set(t.map((share) => share.toFixed(4))).size).toBe(3);
      const expected = seen.reduce((sum, x) => sum + (x - 1) ** 2, 0) * (10 / 3);
      expect(value / expected).toBeCloseTo(1, 5);
      generator.state = start;
      expect(penalty(critic, { real, fake }, generator).item()).toBe(value);
    });
  });

  test('takes the mean over patches for the critic’s value, as the loss does', () => {
    using generator = new Generator(2);
    scope(() => {
      const images = { real: ones([2, 1, 4, 4]), fake: ones([2, 1, 4, 4]) };
      const value = penalty((x) => x.mul(4), images, generator); // slope 4/16 in each of 16 pixels
      expect(value.item()).toBeCloseTo(0, 6);
    });
  });

  test('is finite, with a finite gradient, for a critic that is flat', () => {
    using generator = new Generator(2);
    scope(() => {
      const a = tensor([0], { requiresGrad: true });
      const images = { real: ones([2, 1, 2, 2]), fake: ones([2, 1, 2, 2]) };
      const value = penalty((x) => x.mul(a), images, generator);
      expect(value.item()).toBeCloseTo(10, 4);
      expect(Number.isFinite(grad(value, [a])[0].item())).toBe(true);
    });
  });

  test('is twice differentiable, by the critic’s weights and by the fake image', () => {
    using generator = new Generator(4);
    scope(() => {
      const start = generator.state;
      const f = ([weight, fake]: Tensor[]) => {
        generator.state = start;
        const critic = (x: Tensor) => x.mul(weight).tanh();
        return penalty(critic, { real: wave([2, 1, 2, 2]), fake }, generator);
      };
      const { first, second } = derivatives(f, [wave([1, 1, 2, 2], 1), wave([2, 1, 2, 2], 2)]);
      expect(first.exact / first.difference).toBeCloseTo(1, 6);
      expect(second.exact / second.difference).toBeCloseTo(1, 6);
    });
  });
});
