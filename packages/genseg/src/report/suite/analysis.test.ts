import { expect, test } from 'vitest';
import { around, resultsOf } from '../../../test/suite-results.ts';
import { analyse } from './analysis.ts';

const plus = (values: readonly number[], by: number) => values.map((value) => value + by);

test('draws and cases are two kinds of spread, and differences are paired by case', () => {
  const base = around(0.7);
  const { groups } = analyse(
    resultsOf([
      { method: 'genseg', seed: 0, sets: { test: plus(base, 0.1) } },
      { method: 'genseg', seed: 1, sets: { test: plus(base, 0.14) } },
      { method: 'plain', seed: 0, sets: { test: base } },
      { method: 'plain', seed: 1, sets: { test: base } },
    ]),
  );
  const [{ seeds, sets }] = groups;
  expect(seeds).toEqual([0, 1]);
  const [{ methods, contrasts, cases }] = sets;
  expect(cases).toBe(12);
  const [genseg, plain] = methods;
  const centre = base.reduce((a, b) => a + b) / 12;
  expect(genseg.draws[0]).toBeCloseTo(centre + 0.1, 10);
  expect(genseg.mean).toBeCloseTo(centre + 0.12, 10);
  expect(genseg.drawSpread).toBeCloseTo(0.04 / Math.SQRT2, 10);
  const deviation = Math.sqrt(base.reduce((sum, x) => sum + (x - centre) ** 2, 0) / 11);
  for (const { caseSpread } of methods) expect(caseSpread).toBeCloseTo(deviation, 10);
  expect(plain.drawSpread).toBe(0);
  expect(genseg.interval[0]).toBeLessThan(genseg.mean);
  expect(genseg.interval[1]).toBeGreaterThan(genseg.mean);
  const [{ other, difference, ci95, p, won }] = contrasts;
  expect([other, won]).toEqual(['plain', 2]);
  expect(difference).toBeCloseTo(0.12, 10);
  for (const end of ci95) expect(end).toBeCloseTo(0.12, 10); // each case differs alike
  expect(p).toBeCloseTo(2 / 2 ** 12, 10); // all 12 signs alike, two-sided, one comparison
});

test('the p-values of all comparisons are one family', () => {
  const better = { test: around(0.8) };
  const worse = { test: around(0.7) };
  const { groups } = analyse(
    resultsOf([
      { method: 'genseg', sets: better },
      { method: 'augment', sets: worse },
      { method: 'plain', sets: worse },
      { method: 'genseg', labels: 14, sets: better },
      { method: 'plain', labels: 14, sets: worse },
    ]),
  );
  const ps = groups.flatMap(({ sets }) =>
    sets.flatMap(({ contrasts }) => contrasts.map(({ p }) => p)),
  );
  expect(ps).toHaveLength(3);
  for (const p of ps) expect(p).toBeCloseTo((3 * 2) / 2 ** 12, 10);
});

test('a draw counts where every method has a result; failures and cells to come are told', () => {
  const sets = { test: around(0.8) };
  const { groups, failures, missing, versions } = analyse(
    resultsOf([
      { method: 'genseg', seed: 0, sets },
      { method: 'plain', seed: 0, sets, code: 'v2' },
      { method: 'genseg', seed: 1, sets },
      { method: 'plain', seed: 1, sets: null },
      { method: 'genseg', seed: 2, sets },
      { method: 'plain', seed: 2 },
    ]),
  );
  expect(groups.map(({ seeds }) => seeds)).toEqual([[0]]);
  expect(failures).toEqual([{ id: 'discs-9-plain-1', error: 'no luck' }]);
  expect([missing, versions]).toEqual([1, 2]);
});

test('without a whole draw there is nothing to show, and nothing breaks', () => {
  const sets = { test: around(0.8) };
  const { groups } = analyse(
    resultsOf([
      { method: 'genseg', seed: 0, sets },
      { method: 'plain', seed: 1, sets },
      { method: 'augment', seed: 1 },
    ]),
  );
  expect(groups).toMatchObject([{ seeds: [], sets: [] }]);
});

test('cases that only some draws test are paired within these; what cannot be scored is left out', () => {
  const { groups } = analyse(
    resultsOf([
      { method: 'genseg', seed: 0, sets: { test: [0.9, 0.8, null] }, ids: ['a', 'b', 'x'] },
      { method: 'genseg', seed: 1, sets: { test: [0.7, 0.6] }, ids: ['b', 'c'] },
      { method: 'plain', seed: 0, sets: { test: [0.5, 0.5, null] }, ids: ['a', 'b', 'x'] },
      { method: 'plain', seed: 1, sets: { test: [0.5, 0.5] }, ids: ['b', 'c'] },
    ]),
  );
  const [{ contrasts }] = groups[0].sets;
  expect(contrasts[0].difference).toBeCloseTo((0.4 + 0.25 + 0.1) / 3, 10);
  expect(contrasts[0].caution).toMatch(/fewer than 10/);
});

/** Five draws: healthy cases at one Dice, and five of nothing, each with a false positive in one draw, or none. */
const withEmpty = (method: string, dice: number, falsePositives: boolean) =>
  [0, 1, 2, 3, 4].map((seed) => {
    const empty = [0, 1, 2, 3, 4].map((i) => (falsePositives && i === seed ? 0 : null));
    return { method, seed, sets: { test: [...Array<number>(10).fill(dice), ...empty] } };
  });

test('a case counts in the draws that can score it: the mean lies in its interval', () => {
  const { groups } = analyse(
    resultsOf([...withEmpty('genseg', 0.9, true), ...withEmpty('plain', 0.8, false)]),
  );
  const [{ methods, contrasts }] = groups[0].sets;
  const [{ mean, interval, caseSpread }, plain] = methods;
  expect(mean).toBeCloseTo((10 * 0.9) / 11, 10);
  expect(interval[0]).toBeLessThan(mean);
  expect(interval[1]).toBeGreaterThan(mean);
  expect(caseSpread).toBeCloseTo(Math.sqrt((15 * 0.6 * 0.3) / 14), 10); // ten times 0.9, five times 0
  for (const end of plain.interval) expect(end).toBeCloseTo(0.8, 10);
  // A false positive on one side only is no pair, as between single runs.
  expect(contrasts[0].difference).toBeCloseTo(0.1, 10);
  for (const end of contrasts[0].ci95) expect(end).toBeCloseTo(0.1, 10);
});

test('a draw with more scores than others weighs more in mean and interval alike', () => {
  const draws = [0, 1, 2, 3, 4].map((seed) => {
    const empty = Array<number | null>(30).fill(seed === 0 ? 0 : null);
    return { method: 'genseg', seed, sets: { test: [...Array<number>(10).fill(0.9), ...empty] } };
  });
  const [{ mean, interval }] = analyse(resultsOf(draws)).groups[0].sets[0].methods;
  expect(mean).toBeCloseTo((50 * 0.9) / 80, 10);
  expect(interval[0]).toBeLessThan(mean);
  expect(interval[1]).toBeGreaterThan(mean);
});

test('a pair is of one draw: a case is compared in the draws that scored it on both sides', () => {
  const ids = ['a', 'b'];
  const { groups } = analyse(
    resultsOf([
      { method: 'genseg', seed: 0, sets: { test: [0.9, 0.6] }, ids },
      { method: 'genseg', seed: 1, sets: { test: [0.9, 0.2] }, ids },
      { method: 'plain', seed: 0, sets: { test: [0.7, 0.5] }, ids },
      { method: 'plain', seed: 1, sets: { test: [0.7, null] }, ids },
    ]),
  );
  const [{ contrasts }] = groups[0].sets;
  expect(contrasts[0].difference).toBeCloseTo((0.2 + 0.1) / 2, 10);
});

test('groups follow the suite and then the numbers of labels; costs are medians over cells', () => {
  const sets = { test: around(0.8) };
  const cells = [14, 9].flatMap((labels) =>
    ['b', 'a'].flatMap((task) =>
      [0, 1, 2].map((seed) => ({ method: 'genseg', task, labels, seed, sets })),
    ),
  );
  const { groups, costs } = analyse(resultsOf(cells));
  expect(groups.map(({ task, labels }) => `${task} ${labels}`)).toEqual([
    'b 9',
    'b 14',
    'a 9',
    'a 14',
  ]);
  expect(costs).toEqual([
    { method: 'genseg', steps: 240, images: 960, generatorSteps: 320, seconds: 1 + 6 },
  ]);
});

test('variants that take other numbers of steps have a row of their own in the costs', () => {
  const sets = { test: around(0.8) };
  const { costs } = analyse(
    resultsOf([
      { method: 'genseg', variant: 'short', seed: 0, sets },
      { method: 'genseg', variant: 'long', seed: 4, steps: 2400, sets },
      { method: 'genseg', variant: 'short', seed: 2, sets },
      { method: 'plain', variant: 'short', seed: 0, sets },
    ]),
  );
  expect(costs).toEqual([
    { method: 'genseg', steps: 240, images: 960, generatorSteps: 320, seconds: 1 + 6 },
    { method: 'genseg', steps: 2400, images: 9600, generatorSteps: 320, seconds: 1 + 9 },
    { method: 'plain', steps: 240, images: 960, generatorSteps: 0, seconds: 1 + 5 },
  ]);
});
