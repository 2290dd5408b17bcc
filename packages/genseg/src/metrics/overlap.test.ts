import { expect, test } from 'vitest';
import { confusion, dice, jaccard, precision, recall } from './overlap.ts';

const scores = (prediction: number[], truth: number[], classId = 1) => {
  const counts = confusion(Uint8Array.from(prediction), Uint8Array.from(truth), classId);
  return [dice, jaccard, precision, recall].map((score) => score(counts));
};

test('counts true and false positives and negatives of the class asked for', () => {
  const prediction = Uint8Array.from([2, 2, 2, 1, 0, 0]);
  const truth = Uint8Array.from([2, 0, 1, 2, 0, 1]);
  expect(confusion(prediction, truth, 2)).toEqual({
    truePositives: 1,
    falsePositives: 2,
    falseNegatives: 1,
    trueNegatives: 2,
  });
});

test('scores follow their formulas', () => {
  // TP 2, FP 1, FN 3
  expect(scores([1, 1, 1, 0, 0, 0, 0], [1, 1, 0, 1, 1, 1, 0])).toEqual([
    4 / 8,
    2 / 6,
    2 / 3,
    2 / 5,
  ]);
});

test('equal masks score 1, disjoint ones 0', () => {
  expect(scores([1, 0, 1], [1, 0, 1])).toEqual([1, 1, 1, 1]);
  expect(scores([1, 0, 0], [0, 0, 1])).toEqual([0, 0, 0, 0]);
});

test('one empty mask scores 0 everywhere, two give NaN', () => {
  expect(scores([0, 0], [1, 0])).toEqual([0, 0, 0, 0]);
  expect(scores([1, 0], [0, 0])).toEqual([0, 0, 0, 0]);
  expect(scores([0, 0], [0, 0])).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
});
