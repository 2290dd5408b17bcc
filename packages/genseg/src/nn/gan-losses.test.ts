import { grad, liveTensors, scope, tensor } from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GanLoss, lsgan, vanillaGan } from './index.ts';

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
