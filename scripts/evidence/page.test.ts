/** The evidence page: means over draws and patients, what beats what, and what is missing. */
import { expect, test } from 'vitest';
import { pageOf } from './page.mjs';

const suite = {
  data: '',
  methods: ['genseg', 'augment', 'plain'],
  labels: [9],
  draws: 2,
  options: [],
};

/** Twenty patients; a method's Dice is its level, the draw's shift, and a ripple over cases. */
const cell = (method: string, seed: number) => {
  const level = { genseg: 0.9, augment: 0.9, plain: 0.8 }[method]!;
  const sign = method === 'augment' ? -1 : 1;
  const cases = Array.from({ length: 20 }, (_, i) => ({
    id: `case-${i}`,
    patient: `patient-${i}`,
    dice: level + 0.01 * seed + sign * 0.002 * ((i % 5) - 2),
  }));
  const mean = { dice: level + 0.01 * seed };
  return {
    ...{ method, labels: 9, seed, seconds: 60, iterations: 24 },
    sets: { test: { cases, mean } },
  };
};

const cells = suite.methods.flatMap((method) => [0, 1].map((seed) => cell(method, seed)));

test('tells a difference from none, each with its interval and the draws that agree', () => {
  const page = pageOf('made-up', suite, cells);
  expect(page).toMatch(/## 9 labelled images, 2 draws/);
  expect(page).toMatch(
    /\| genseg \| 0\.905 \[0\.90\d, 0\.90\d\] \| 0\.900 0\.910 \| 0\.007 \| 60 \|/,
  );
  expect(page).toMatch(
    /\| genseg - plain \| \+0\.100 \[\+0\.100, \+0\.100\] \| p < 0\.001 \| 2 of 2 \|/,
  );
  expect(page).toContain('genseg is better than plain by 10.0 points.');
  expect(page).toContain('Between genseg and augment these draws cannot tell.');
  expect(page).not.toContain('missing');
});

test('a loss is said as plainly as a win', () => {
  const page = pageOf('made-up', { ...suite, methods: ['plain', 'genseg', 'augment'] }, cells);
  expect(page).toContain('plain is worse than genseg by 10.0 points.');
});

test('cells that failed are counted, and their draws left out of the comparison', () => {
  const page = pageOf('made-up', suite, cells.slice(0, -1));
  expect(page).toContain('**1 of 6 cells are missing.**');
  expect(page).toMatch(/## 9 labelled images, 1 draws?/);
});

test('of several classes each has its mean, over the draws', () => {
  const head = (dice: number) => ({ mean: { dice } });
  const several = cells.map((one) => {
    const { dice } = one.sets.test.mean;
    const classes = { head: head(dice - 0.1), tail: head(dice + 0.05) };
    return { ...one, sets: { test: { ...one.sets.test, classes } } };
  });
  const page = pageOf('made-up', suite, several);
  expect(page).toContain('| mean Dice by class | head | tail |');
  expect(page).toContain('| plain | 0.705 | 0.855 |');
  expect(pageOf('made-up', suite, cells)).not.toContain('by class');
});
