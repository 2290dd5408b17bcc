import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { fixtureRun } from '../../test/report/fixtures.ts';
import { writeClaim } from './claim.ts';

async function itemsOf(fixture: Parameters<typeof fixtureRun>[1]) {
  const root = fixtureRun(join(await temporaryFolder(), 'run'), fixture);
  writeClaim(root);
  const text = readFileSync(join(root, 'CLAIM.md'), 'utf8');
  return [...text.matchAll(/^\| (\d+) \| (.+) \| (.+) \|$/gm)].map(([, number, , answer]) => ({
    number: Number(number),
    answer,
  }));
}
const blank = 'Not known to the software; to be filled in.';

test('all 44 items are there in order, filled where the run knows and open where it cannot', async () => {
  const items = await itemsOf({ sets: ['test', 'other'] });
  expect(items.map(({ number }) => number)).toEqual(Array.from({ length: 44 }, (_, i) => i + 1));
  const answer = (number: number) => items[number - 1].answer;
  expect(answer(1)).toMatch(/^Deep learning for segmentation; method GenSeg/);
  expect(answer(19)).toMatch(/^3 for training, 1 for validation, 12 for testing, by seed 7/);
  expect(answer(32)).toMatch(/^test: mean Dice 0\.\d{3} .*12 cases of 12 patients\.$/);
  expect(answer(33)).toMatch(/^other: /);
  expect(answer(30)).toMatch(
    /rank correlation .*unlike the training images.*a copy of a training image/,
  );
  for (const author of [2, 3, 4, 5, 6, 8, 11, 13, 15, 16, 17, 18, 21, 34, 36, 38, 41, 44])
    expect([author, answer(author)]).toEqual([author, blank]);
});

test('a run that was stopped before it began answers little, and makes nothing up', async () => {
  const items = await itemsOf({ reached: 'config' });
  expect(items).toHaveLength(44);
  const filled = items.filter(({ answer }) => answer !== blank).map(({ number }) => number);
  expect(filled).toEqual([1, 40, 42]);
});
