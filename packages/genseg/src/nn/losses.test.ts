import { grad, liveTensors, scope, type Tensor, tensor, zeros } from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readGolden } from '../../test/golden.ts';
import { derivatives, largestDifference, wave } from '../../test/numeric.ts';
import {
  bceWithLogits,
  crossEntropy,
  deepSupervisionLoss,
  diceLoss,
  l1,
  type OverlapLoss,
  oneHotMask,
  segmentationLoss,
} from './index.ts';

const { segmentation: golden } = readGolden<{
  segmentation: Record<string, { mask: number[]; entropy: number; gradient: number[] }>;
}>('nn.json');

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

const maskOf = (values: number[], shape: number[]): Tensor =>
  tensor(values, { shape, dtype: 'int64' });

test('oneHotMask gives the foreground for one channel and every class for several', () => {
  scope(() => {
    const mask = maskOf([0, 1, 2, 1], [1, 2, 2]);
    expect(oneHotMask(mask, 3).shape).toEqual([1, 3, 2, 2]);
    expect(oneHotMask(mask, 3).toArray()).toEqual([1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0]);
    expect(oneHotMask(mask, 1, { dtype: 'float64' }).toArray()).toEqual([0, 1, 0, 1]);
  });
});

test.each([1, 3])('the entropy of %i channels is PyTorch’s', (channels) => {
  scope(() => {
    const { mask, entropy, gradient } = golden[channels];
    const logits = wave([2, channels, 3, 4]).mul(2).requiresGrad_();
    const target = oneHotMask(maskOf(mask, [2, 3, 4]), channels, { dtype: 'float64' });
    const loss = (channels === 1 ? bceWithLogits : crossEntropy)(logits, target);
    expect(loss.item()).toBeCloseTo(entropy, 6);
    expect(largestDifference(grad(loss, [logits])[0], gradient)).toBeLessThan(1e-7);
  });
});

describe('diceLoss', () => {
  // Two samples of two classes and two pixels; channel 0 is background.
  const probabilities = () =>
    tensor([0.25, 1, 0.75, 0, 0.5, 0.5, 0.5, 0.5], { shape: [2, 2, 1, 2] });
  const target = () => tensor([0, 1, 1, 0, 1, 1, 0, 0], { shape: [2, 2, 1, 2] });

  test('is the mean over samples and foreground classes of one minus the fraction', () => {
    scope(() => {
      const dice = [(2 * 0.75 + 1) / (0.75 + 1 + 1), (0 + 1) / (1 + 0 + 1)];
      expect(diceLoss(probabilities(), target()).item()).toBeCloseTo(
        1 - (dice[0] + dice[1]) / 2,
        6,
      );
    });
  });

  test('counts the background on request, and a single channel always', () => {
    scope(() => {
      const options = { smooth: 0, background: true };
      const dice = [2 / 2.25, 1.5 / 1.75, 2 / 3, 0];
      const mean = dice.reduce((a, b) => a + b) / 4;
      expect(diceLoss(probabilities(), target(), options).item()).toBeCloseTo(1 - mean, 6);
      const [p, t] = [probabilities(), target()].map((x) => x.narrow(1, 0, 1));
      expect(diceLoss(p, t, { smooth: 0 }).item()).toBeCloseTo(1 - (dice[0] + dice[2]) / 2, 6);
    });
  });

  test('is 0 for a perfect and for an empty prediction', () => {
    scope(() => {
      expect(diceLoss(target(), target()).item()).toBe(0);
      expect(diceLoss(zeros([1, 1, 2, 2]), zeros([1, 1, 2, 2])).item()).toBe(0);
    });
  });

  test('and the other losses refuse a target of another shape, which would broadcast', () => {
    scope(() => {
      const [p, t] = [zeros([2, 1, 4, 4]), zeros([2, 4, 4])];
      for (const loss of [diceLoss, bceWithLogits, crossEntropy, l1]) {
        expect(() => loss(p, t)).toThrow('the target is [2, 4, 4], expected [2, 1, 4, 4]');
      }
    });
  });
});

describe('segmentationLoss', () => {
  test('is entropy plus overlap', () => {
    scope(() => {
      const mask = maskOf([0, 1, 1, 0], [1, 2, 2]);
      const logits = wave([1, 1, 2, 2]);
      const target = oneHotMask(mask, 1, { dtype: 'float64' });
      const entropy = bceWithLogits(logits, target).item();
      const squares: OverlapLoss = (p, t) => p.sub(t).square().mean();
      for (const overlap of [diceLoss, squares]) {
        const expected = entropy + overlap(logits.sigmoid(), target).item();
        expect(segmentationLoss(logits, mask, { overlap }).item()).toBeCloseTo(expected, 12);
      }
      expect(segmentationLoss(logits, mask).item()).toBe(
        segmentationLoss(logits, mask, { overlap: diceLoss }).item(),
      );
    });
  });

  test.each([1, 3])('is twice differentiable, %i channels', (channels) => {
    scope(() => {
      const mask = maskOf(golden[channels].mask, [2, 3, 4]);
      const { first, second } = derivatives(
        ([logits]) => segmentationLoss(logits, mask),
        [wave([2, channels, 3, 4])],
      );
      expect(first.exact / first.difference).toBeCloseTo(1, 7);
      expect(second.exact / second.difference).toBeCloseTo(1, 6);
    });
  });

  test('sums half-precision logits in float32', () => {
    scope(() => {
      const logits = zeros([1, 1, 64, 64], { dtype: 'bfloat16' });
      const mask = zeros([1, 64, 64], { dtype: 'int64' });
      const expected = Math.log(2) + 1 - 1 / (64 * 64 * 0.5 + 1);
      expect(segmentationLoss(logits, mask).dtype).toBe('float32');
      expect(segmentationLoss(logits, mask).item()).toBeCloseTo(expected, 6);
    });
  });
});

describe('deepSupervisionLoss', () => {
  test('of one output is its segmentation loss', () => {
    scope(() => {
      const [logits, mask] = [wave([1, 1, 2, 2]), maskOf([0, 1, 1, 0], [1, 2, 2])];
      expect(deepSupervisionLoss([logits], mask).item()).toBe(
        segmentationLoss(logits, mask).item(),
      );
    });
  });

  test('halves the weight with the resolution, against the mask at that resolution', () => {
    scope(() => {
      const rows = [0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0];
      const outputs = [4, 2, 1].map((side) => wave([1, 1, side, side]));
      const masks = [
        maskOf(rows, [1, 4, 4]),
        maskOf([0, 1, 1, 0], [1, 2, 2]),
        maskOf([0], [1, 1, 1]),
      ];
      const [full, half, quarter] = outputs.map((logits, i) =>
        segmentationLoss(logits, masks[i]).item(),
      );
      expect(deepSupervisionLoss(outputs, masks[0]).item()).toBeCloseTo(
        (4 * full + 2 * half + quarter) / 7,
        12,
      );
    });
  });
});

test('deepSupervisionLoss takes other weights, as of an auxiliary head', () => {
  scope(() => {
    const mask = maskOf([0, 1, 1, 0], [1, 2, 2]);
    const outputs = [wave([1, 1, 2, 2]), wave([1, 1, 2, 2], 1)];
    const [own, auxiliary] = outputs.map((logits) => segmentationLoss(logits, mask).item());
    expect(deepSupervisionLoss(outputs, mask, { weights: [1, 0.5] }).item()).toBeCloseTo(
      own + 0.5 * auxiliary,
      12,
    );
  });
});

test('l1 is the mean absolute difference', () => {
  scope(() => {
    expect(l1(tensor([1, -2, 4]), tensor([0, 0, 1])).item()).toBe(2);
  });
});
