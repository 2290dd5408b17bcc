import { Generator, liveTensors, scope, type Tensor, tensor } from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { derivatives, largestDifference, wave } from '../../../test/numeric.ts';
import { segmentationLoss, substitute, valuesOf } from '../../nn/index.ts';
import { UNet } from './index.ts';

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

describe.each([false, true])('bilinear %s', (bilinear) => {
  test.each([
    [16, 16],
    [19, 30],
    [1, 1],
  ])(
    'gives logits for %i x %i pixels, as for the image with its border repeated',
    (height, width) => {
      using generator = new Generator(0);
      using net = new UNet(2, 3, { width: 4, depth: 3, bilinear, generator });
      net.eval();
      scope(() => {
        const images = wave([2, 2, height, width]).to({ dtype: 'float32' });
        const logits = net.forward(images);
        expect(logits.shape).toEqual([2, 3, height, width]);
        const missing = (size: number) => Math.ceil(size / 8) * 8 - size;
        const whole = images.replicationPad2d([0, missing(width), 0, missing(height)]);
        const cut = net.forward(whole).slice({ dim: 2, end: height }).slice({ dim: 3, end: width });
        expect(largestDifference(logits, cut)).toBeLessThan(1e-6);
      });
    },
  );

  test('the loss is twice differentiable by the weights and by the images', () => {
    using generator = new Generator(0);
    using net = new UNet(1, 1, { width: 2, depth: 2, bilinear, generator });
    scope(() => {
      const mask = tensor(
        Array.from({ length: 100 }, (_, i) => +(i % 7 < 3)),
        {
          shape: [2, 5, 10],
          dtype: 'int64',
        },
      );
      const f = ([images, ...weights]: Tensor[]) =>
        net.withFrozenStatistics(() =>
          substitute(net.parameters(), weights, () => segmentationLoss(net.forward(images), mask)),
        );
      const weights = valuesOf(net.parameters()).map((w) => w.detach().to({ dtype: 'float64' }));
      const { first, second } = derivatives(f, [wave([2, 1, 5, 10]), ...weights], 1e-6);
      expect(first.exact / first.difference).toBeCloseTo(1, 6);
      expect(second.exact / second.difference).toBeCloseTo(1, 5);
    });
  });
});

test('the same generator state gives the same weights', () => {
  using generator = new Generator(0);
  const start = generator.state;
  using one = new UNet(1, 1, { width: 2, generator });
  generator.state = start;
  using two = new UNet(1, 1, { width: 2, generator });
  const bits = (net: UNet) => [...net.stateDict().values()].map((value) => value.toArray());
  expect(bits(one)).toEqual(bits(two));
});
