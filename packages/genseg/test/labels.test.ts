/** Regions, pixels without a label and class weights, from dataset.json to masks and scores. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { discFiles, discFolder, genseg, jsonOf, quick, readJson } from './command-line.ts';
import { dataSet, temporaryFolder } from './data/fixtures.ts';

/** Masks of 0, 1 (core), 2 (rim) and 255 below the middle. */
const files = {
  ...discFiles('disc', 8, { classes: 3, halved: true }),
  'dataset.json': {
    labels: { background: 0, whole: [1, 2], core: 1, ignore: 255 },
    regions_class_order: [2, 1],
  },
};

interface SetScores {
  cases: { classes: Record<string, { presence: string }> }[];
  classes: Record<string, { mean: { dice: number } }>;
}

test('regions are trained, predicted and scored; what has no label is not', async () => {
  const data = await dataSet(files);
  const run = join(await temporaryFolder(), 'run');
  const trained = await genseg(
    ...['train', data, '--out', run, '--labels', '5', '--class-weights', 'balanced'],
    ...[...quick('separate', 60), '--json'],
  );
  expect(trained.code, trained.stderr).toBe(0);
  const plan = readJson(run, 'plan.json') as {
    task: object;
    decisions: { name: string; value: string }[];
  };
  expect(plan.task).toMatchObject({
    ...{ planes: [[1, 2], [1]], exclusive: false, paints: [2, 1], partial: true },
    weights: [{ inside: expect.any(Number) }, { inside: expect.any(Number) }],
  });
  const decided = (name: string) => plan.decisions.find((one) => one.name === name)?.value;
  expect(decided('regions')).toBe('whole, core');
  expect(decided('pixels without a label')).toBe('left out');
  expect(decided('class weights')).toMatch(/^whole [\d.]+, the rest [\d.]+; core /);

  const { test: set } = jsonOf(trained).sets as Record<string, SetScores>;
  expect(Object.keys(set.classes)).toEqual(['whole', 'core']);
  expect(set.cases).toHaveLength(3);
  expect(set.classes.whole.mean.dice).toBeGreaterThan(0);

  const masks = join(run, 'masks');
  const predicted = await genseg(
    ...['predict', run, join(data, 'images', 'disc-0.png'), '--out', masks],
    ...['--probabilities', '--json'],
  );
  expect(predicted.code, predicted.stderr).toBe(0);
  const { written } = jsonOf(predicted) as { written: { classes: Record<string, object> }[] };
  expect(Object.keys(written[0].classes)).toEqual(['whole', 'core']);
  const read = (name: string) => decode(readFileSync(join(masks, `disc-0${name}.png`))).data;
  const [mask, whole, core] = ['', '_probability_whole', '_probability_core'].map(read);
  const half = 2 ** 15;
  mask.forEach((id, i) => {
    expect(id).toBe(core[i] >= half ? 1 : whole[i] >= half ? 2 : 0);
  });
  expect(new Set(mask).size).toBeGreaterThan(1);

  const pairs = join(run, 'pairs');
  await genseg('generate', run, '--count', '2', '--out', pairs);
  const synthetic = decode(readFileSync(join(pairs, 'masks', 'synthetic-00001.png'))).data;
  expect(new Set(synthetic)).toContain(255);
  expect(new Set(synthetic)).toContain(0);
});

test('regions are learned from unlabelled images too', async () => {
  const data = await dataSet(files);
  const others = await discFolder('other', 3);
  const run = join(await temporaryFolder(), 'run');
  const trained = await genseg(
    ...['train', data, '--out', run, '--labels', '5', '--unlabelled', others],
    ...[...quick('mean-teacher'), '--json'],
  );
  expect(trained.code, trained.stderr).toBe(0);
  const { test: set } = jsonOf(trained).sets as Record<string, SetScores>;
  expect(Object.keys(set.classes)).toEqual(['whole', 'core']);
});
