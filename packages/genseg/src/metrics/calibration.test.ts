import { expect, test } from 'vitest';
import { Random } from '../random.ts';
import { calibration, calibrationBins } from './calibration.ts';

/** One row of pixels, all of them in the box because the prediction has the class everywhere. */
const row = (probabilities: readonly number[], truth: readonly number[]) =>
  calibrationBins(
    Float32Array.from(probabilities),
    {
      truth: Uint8Array.from(truth),
      prediction: new Uint8Array(truth.length).fill(1),
      width: truth.length,
    },
    1,
  );

test('two bins by hand: ECE is the mean gap, weighted by pixels', () => {
  // Three of four at 0.5, one of one at 0.9: (4 |0.75 - 0.5| + |1 - 0.9|) / 5
  const { ece, bins } = calibration([row([0.5, 0.5, 0.5, 0.5, 0.9], [1, 1, 1, 0, 1])]);
  expect(ece).toBeCloseTo((4 * 0.25 + 0.1) / 5, 6);
  expect(bins.map(({ count, frequency }) => [count, frequency])).toEqual([
    [4, 0.75],
    [1, 1],
  ]);
  expect(bins[0].probability).toBeCloseTo(0.5, 6);
});

test('sure and right is 0, sure and wrong is 1, always p of a coin q is |p - q|', () => {
  expect(calibration([row([1, 1, 0], [1, 1, 0])]).ece).toBe(0);
  expect(calibration([row([0, 0, 1], [1, 1, 0])]).ece).toBe(1);
  const coin = Array.from({ length: 10 }, (_, i) => (i < 3 ? 1 : 0));
  expect(calibration([row(Array(10).fill(0.8), coin)]).ece).toBeCloseTo(0.5, 6);
});

test('pixels drawn with the probabilities themselves are calibrated, overconfident ones by the known gap', () => {
  const random = new Random(1);
  const p = Array.from({ length: 40_000 }, () => random.uniform());
  const truth = p.map((value) => (random.uniform() < value ? 1 : 0));
  expect(calibration([row(p, truth)]).ece).toBeLessThan(0.015);
  // The square's mean distance from p, the integral of p - p^2 over 0..1, is 1 / 6.
  const squared = p.map((value) => value ** 2);
  expect(calibration([row(squared, truth)]).ece).toBeCloseTo(1 / 6, 2);
});

test('cases add up: bins of two cases are those of their pixels together', () => {
  const [a, b] = [row([0.2, 0.7], [0, 1]), row([0.7, 0.9, 0.21], [0, 1, 1])];
  expect(calibration([a, b])).toEqual(
    calibration([row([0.2, 0.7, 0.7, 0.9, 0.21], [0, 1, 0, 1, 1])]),
  );
});

test('only the box around the true and the predicted object counts; without one nothing does', () => {
  const probability = new Float32Array(16).fill(0.3);
  const truth = new Uint8Array(16);
  const prediction = new Uint8Array(16);
  const of = () => calibration([calibrationBins(probability, { truth, prediction, width: 4 }, 1)]);
  expect(of()).toEqual({ ece: Number.NaN, bins: [] });
  truth[5] = 1; // row 1, column 1
  prediction[11] = 1; // row 2, column 3: a box of 2 x 3
  expect(of().bins).toEqual([
    { count: 6, probability: expect.closeTo(0.3, 6), frequency: expect.closeTo(1 / 6, 9) },
  ]);
  truth[5] = 2; // another class is none of this one
  expect(of().bins[0].count).toBe(1);
});

test('pixels without a label count in no bin', () => {
  const all = calibrationBins(
    Float32Array.from([0.9, 0.2, 0.7]),
    { truth: Uint8Array.from([1, 255, 1]), prediction: Uint8Array.from([1, 1, 1]), width: 3 },
    1,
  );
  expect(all.count.reduce((a, b) => a + b)).toBe(2);
  expect(calibration([all]).ece).toBeCloseTo(0.2, 6);
});
