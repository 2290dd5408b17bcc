import { expect, test } from 'vitest';
import { around, resultsOf } from '../../../test/suite-results.ts';
import { analyse } from './analysis.ts';
import { efficiencies, labelsFor, savings, savingText } from './efficiency.ts';

test('between two numbers of labels Dice is linear in their logarithm', () => {
  const curve = [
    [10, 0.6],
    [40, 0.8],
    [80, 0.9],
  ] as const;
  expect(labelsFor(curve, 0.8)).toEqual({ kind: 'exactly', labels: 40 });
  expect(labelsFor(curve, 0.7).labels).toBeCloseTo(20, 10);
  expect(labelsFor(curve, 0.85).labels).toBeCloseTo(40 * Math.SQRT2, 10);
  expect(labelsFor(curve, 0.5)).toEqual({ kind: 'atMost', labels: 10 });
  expect(labelsFor(curve, 0.91)).toEqual({ kind: 'moreThan', labels: 80 });
});

test('a curve that falls in between is read where it first reaches the score', () => {
  const curve = [
    [10, 0.6],
    [20, 0.8],
    [40, 0.7],
  ] as const;
  expect(labelsFor(curve, 0.7).labels).toBeCloseTo(10 * Math.SQRT2, 10);
});

test('what others need for the score with the fewest labels, in numbers and words', () => {
  const at = (method: string, labels: number, mean: number) => ({
    ...{ method, labels, sets: { test: around(mean) } },
  });
  const { groups } = analyse(
    resultsOf([
      ...[
        at('genseg', 10, 0.8),
        at('plain', 10, 0.6),
        at('augment', 10, 0.85),
        at('flip', 10, 0.5),
        at('rotate', 10, 0.7), // at one number of labels alone
      ],
      ...[at('genseg', 40, 0.9), at('plain', 40, 0.8), at('augment', 40, 0.9), at('flip', 40, 0.6)],
    ]),
  );
  const [one, ...others] = efficiencies(groups);
  expect(others).toEqual([]);
  const texts = savings(one, 'genseg').map((saving) => [saving.other, savingText(saving)]);
  expect(texts).toEqual([
    ['plain', 'about 40 (4.0 times)'],
    ['augment', '10 or fewer'],
    ['flip', 'more than 40 (over 4.0 times)'],
  ]);
  expect(savings(one, 'separate')).toEqual([]);
});

test('one number of labels makes no curve', () => {
  const cells = [{ method: 'genseg', sets: { test: around(0.8) } }];
  expect(efficiencies(analyse(resultsOf(cells)).groups)).toEqual([]);
});
