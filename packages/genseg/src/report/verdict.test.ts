import { expect, test } from 'vitest';
import { doubt, kindOf, rivalOf } from './verdict.ts';

test('better or worse needs the interval and the test to agree, and ten patients', () => {
  const p = 0.01;
  expect(kindOf({ p, ci95: [0.01, 0.02] })).toBe('helped');
  expect(kindOf({ p, ci95: [-0.02, -0.01] })).toBe('did not help');
  expect(kindOf({ p, ci95: [-0.01, 0.02] })).toBe('cannot tell');
  expect(kindOf({ p: 0.06, ci95: [0.01, 0.02] })).toBe('cannot tell');
  expect(kindOf({ p, ci95: [0.01, 0.02], caution: 'few' })).toBe('cannot tell');
});

test('the doubt is that of the rule', () => {
  expect(doubt({ p: 0.06, ci95: [0.01, 0.02] })).toMatch(/the test does not agree/);
  expect(doubt({ p: 0.06, ci95: [-0.01, 0.02] })).toMatch(/holds zero/);
  expect(doubt({ p: 0.01, ci95: [0.01, 0.02], caution: 'few' })).toBe('few');
});

test('augmentation decides, else the best', () => {
  const others = ['plain', 'augment', 'flip'].map((method, i) => ({
    method,
    dice: i === 2 ? 1 : 0,
  }));
  expect(rivalOf(others)?.method).toBe('augment');
  expect(rivalOf([others[0], others[2]])?.method).toBe('flip');
  expect(rivalOf([])).toBeUndefined();
});
