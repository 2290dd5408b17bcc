import { expect, test } from 'vitest';
import { entropyMap, regionUncertainty, uncertaintyOf } from './uncertainty.ts';

const plane = (...values: number[]) => Float32Array.from(values);

test('entropy is 0 where the class is certain, 1 where all are alike, and that of a coin between', () => {
  expect([...entropyMap([plane(0, 1, 0.5)])]).toEqual([0, 0, 1]);
  const quarter = -(0.25 * Math.log2(0.25) + 0.75 * Math.log2(0.75));
  expect(entropyMap([plane(0.25)])[0]).toBeCloseTo(quarter, 6);
  const third = plane(1 / 3, 1, 0, 0.5);
  const other = plane(1 / 3, 0, 0, 0.5);
  const [alike, ...rest] = entropyMap([third, other]);
  expect(alike).toBeCloseTo(1, 6);
  expect(rest[0]).toBe(0);
  expect(rest[1]).toBe(0);
  expect(rest[2]).toBeCloseTo(Math.log(2) / Math.log(3), 6);
});

test('views that agree predict a Dice of 1, disjoint ones 0, and the mean over pairs between', () => {
  const [left, right] = [plane(0.9, 0.9, 0.1, 0.1), plane(0.1, 0.1, 0.9, 0.9)];
  const wide = plane(0.9, 0.9, 0.9, 0.1);
  const predicted = (...views: Float32Array[]) =>
    uncertaintyOf(views.map((view) => [view])).predictedDice[0];
  expect(predicted(left, left, left)).toBe(1);
  expect(predicted(left, right)).toBe(0);
  // left-left 1, left-wide twice 2 * 2 / (2 + 3)
  expect(predicted(left, left, wide)).toBeCloseTo((1 + 0.8 + 0.8) / 3, 9);
});

test('an object that only some views have counts against them; where none has it nothing is predicted', () => {
  const [none, some] = [plane(0.1, 0.1), plane(0.1, 0.9)];
  expect(uncertaintyOf([[none], [some]]).predictedDice).toEqual([0]);
  const nothing = uncertaintyOf([[none], [none]]);
  expect(nothing.predictedDice).toEqual([Number.NaN]);
  expect(nothing.uncertainty).toBe(0);
});

test('uncertainty is the mean entropy of the mean probability where any view sees foreground', () => {
  const [a, b] = [plane(1, 1, 0, 0), plane(1, 0, 0, 0)];
  const { uncertainty, map } = uncertaintyOf([[a], [b]]);
  expect([...map]).toEqual([0, 1, 0, 0]);
  expect(uncertainty).toBe(0.5); // pixels 0 and 1
});

test('classes are told apart: agreement on one does not lend itself to the other', () => {
  const first = plane(0.8, 0.1, 0.1);
  const [here, there] = [plane(0.1, 0.8, 0.1), plane(0.1, 0.1, 0.8)];
  const views = [
    [first, here],
    [first, there],
  ];
  expect(uncertaintyOf(views).predictedDice).toEqual([1, 0]);
});

test('regions are judged each by itself: one inside the other takes nothing from it', () => {
  const whole = plane(0.9, 0.9, 0.1, 0.5);
  const [left, right] = [plane(0.9, 0.1, 0.1, 0.1), plane(0.1, 0.9, 0.1, 0.1)];
  const { predictedDice, map } = regionUncertainty([
    [whole, left],
    [whole, right],
  ]);
  expect(predictedDice).toEqual([1, 0]);
  const alone = [
    [[whole], [whole]],
    [[left], [right]],
  ].map((views) => uncertaintyOf(views).map);
  map.forEach((value, i) => {
    expect(value).toBeCloseTo((alone[0][i] + alone[1][i]) / 2, 6);
  });
});
