import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { fixtureRun, type RunFixture } from '../../test/report/fixtures.ts';
import { fixed } from './format.ts';
import { writeModelCard } from './model-card.ts';
import { readSetResult } from './set-result.ts';

async function card(fixture: RunFixture): Promise<{ text: string; root: string }> {
  const root = fixtureRun(join(await temporaryFolder(), 'run'), fixture);
  writeModelCard(root);
  return { text: readFileSync(join(root, 'MODEL_CARD.md'), 'utf8'), root };
}

const headings = (text: string) => text.split('\n').filter((line) => line.startsWith('#'));

test('the card has its parts, and the scores of the summary', async () => {
  const { text, root } = await card({});
  expect(headings(text)).toEqual([
    '# Segmentation model of lungs & more',
    '## Model',
    '## Intended use',
    '## Training data',
    '## Scores',
    '### test (12 cases of 12 patients)',
    '## Trust',
    '## Limits',
    '## To repeat it',
  ]);
  const { mean, ci95 } = readSetResult(root, 'test')!;
  const [low, high] = ci95.dice.map((value) => fixed(value));
  expect(text).toContain(`| Dice | ${fixed(mean.dice)} (${low} to ${high}) |`);
  expect(text).toContain('3 trained the model, 1 chose the weights');
  expect(text).toContain('It is not a medical device');
  expect(text).not.toMatch(/undefined|NaN|\[object/);
});

test('classes are columns, and names are escaped', async () => {
  const { text } = await card({ classes: ['background', 'a|b', '<i>'], cases: 3 });
  expect(text).toContain('|  | all | a\\|b | \\<i\\> |');
  expect(text).toContain('Marks a\\|b and \\<i\\> in images');
  expect(text).toContain('test: Only 3 scored cases');
});

test('a run that was stopped early says what is not known', async () => {
  const half = await card({ reached: 'half' });
  expect(half.text).toContain('The run is interrupted: this model is not its final one.');
  expect(half.text).toContain('The model was not evaluated.');
  const { text } = await card({ reached: 'config' });
  expect(text).toContain('The run was stopped before its data were read.');
  expect(text).not.toMatch(/undefined|null|NaN/);
});
