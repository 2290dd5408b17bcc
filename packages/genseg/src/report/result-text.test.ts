import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { fixtureRun } from '../../test/report/fixtures.ts';
import { fixed } from './format.ts';
import { formatComparison, formatResult } from './result-text.ts';
import { readSetResult } from './set-result.ts';

test('a result is a table with a row per test set, columns aligned', async () => {
  const root = fixtureRun(join(await temporaryFolder(), 'run'), { sets: ['test', 'a long name'] });
  const result = readSetResult(root, 'test')!;
  const sets = { test: result, 'a long name': readSetResult(root, 'a long name')! };
  const [header, ...rows] = formatResult({ run: 'run', sets }).split('\n');
  expect(header).toMatch(/^test set {5}cases {2}Dice \[95 % interval\] {2,}Jaccard.*HD95, px/);
  expect(rows.map((row) => row.slice(0, 18))).toEqual(['test         12   ', 'a long name  12   ']);
  const { mean, ci95 } = result;
  const [dice, low, high] = [mean.dice, ...ci95.dice].map((value) => fixed(value));
  for (const row of rows)
    expect(row.indexOf(`${dice} [${low}, ${high}]`)).toBe(header.indexOf('Dice'));
});

test('classes have a column each; few cases are a caution', async () => {
  const classes = ['background', 'lung', 'heart'];
  const root = fixtureRun(join(await temporaryFolder(), 'run'), { classes, cases: 3 });
  const text = formatResult({ run: root, sets: { test: readSetResult(root, 'test')! } });
  expect(text).toMatch(/lung +heart/);
  expect(text).toContain('Only 3 scored cases');
});

test('without a test set, it says how to evaluate later', () => {
  expect(formatResult({ run: 'runs/a', sets: {} })).toBe(
    'no test set: name one with genseg evaluate runs/a <data>',
  );
});

test('a comparison has the runs, the paired differences and the verdict', async () => {
  const folder = await temporaryFolder();
  const roots = (['plain', 'augment', 'genseg'] as const).map((method) =>
    fixtureRun(join(folder, method), { method }),
  );
  const [scores, differences, verdict] = formatComparison(roots).split('\n\n');
  expect(scores.split('\n').map((row) => row.split(/ {2,}/)[1])).toEqual([
    'model',
    'Plain',
    'Augmentation',
    'GenSeg',
  ]);
  expect(differences).toMatch(/GenSeg - Plain +\+0\.\d{3} \[\+0\.\d{3}, \+0\.\d{3}\] +p/);
  expect(verdict).toMatch(/^test: helped\. The mean Dice of GenSeg is 0\.\d{3} higher/);
});

test('runs that were not evaluated, or on other cases, are not compared', async () => {
  const folder = await temporaryFolder();
  const half = fixtureRun(join(folder, 'half'), { reached: 'half' });
  expect(formatComparison([half])).toBe('nothing was evaluated');
  const one = fixtureRun(join(folder, 'one'));
  const other = fixtureRun(join(folder, 'two'), { method: 'augment', idOf: (i) => `other ${i}` });
  expect(formatComparison([other, one])).toContain('tested on different cases');
});

test('a set that another run calls otherwise is compared under both names', async () => {
  const folder = await temporaryFolder();
  const hashOf = (i: number) => `image ${i}`;
  const one = fixtureRun(join(folder, 'one'), { sets: ['ext'], hashOf });
  const other = fixtureRun(join(folder, 'two'), { method: 'augment', sets: ['ext-2'], hashOf });
  expect(formatComparison([other, one])).toMatch(
    /\next +GenSeg - Augmentation \(its ext-2\) +\+0\./,
  );
});
