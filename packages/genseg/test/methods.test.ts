/** Methods whose data differ from the others', by the command line: what is trained on, and what is said of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discFiles, discFolder, genseg, jsonOf, quick, readJson } from './command-line.ts';
import { dataSet, temporaryFolder } from './data/fixtures.ts';

test('val-as-train: the same labelled cases as another method, all of them trained on, and the last weights kept', async () => {
  const data = await discFolder('disc', 10);
  const folder = await temporaryFolder();
  const trained = async (method: 'plain' | 'val-as-train') => {
    const run = join(folder, method);
    const options = ['--labels', '6', ...quick(method), '--json'];
    const ended = await genseg('train', data, '--out', run, ...options);
    expect(ended.code, ended.stderr).toBe(0);
    return { run, result: jsonOf(ended), splits: readJson(run, 'splits.json') };
  };
  const plain = await trained('plain');
  const all = await trained('val-as-train');
  expect(all.splits.validation).toEqual([]);
  const labelled = [...(plain.splits.train as string[]), ...(plain.splits.validation as string[])];
  expect(all.splits.train).toEqual(labelled.sort());
  expect(all.splits.test).toEqual(plain.splits.test);
  expect(existsSync(join(all.run, 'checkpoints', 'best', 'model.safetensors'))).toBe(true);
  const { cost } = all.result as { cost: { updates: object; seconds: object } };
  expect(cost.updates).toEqual({ segmentation: { steps: 4, images: 16 } });
  expect(cost.seconds).toEqual({ train: expect.any(Number), evaluate: expect.any(Number) });
  expect(readJson(all.run, 'cost.json')).toEqual(cost);
  expect((plain.result as { cost: typeof cost }).cost.updates).toEqual(cost.updates);
});

test('mean-teacher: unlabelled images are seen in training, their masks are not even opened', async () => {
  const data = await discFolder('disc', 10);
  // Labelled images again, others whose masks no reader would take, and a test split of their own.
  const masks = Object.fromEntries([0, 1, 2].map((i) => [`masks/other-${i}.png`, 'no image']));
  const others = { ...discFiles('other', 3), ...masks };
  const more = await dataSet({ ...discFiles('disc', 10), ...others });
  const folder = await temporaryFolder();
  const run = join(folder, 'run');
  const options = ['--labels', '6', '--test', await discFolder('far', 3), ...quick('mean-teacher')];

  const refused = await genseg('train', data, '--out', run, ...options, '--unlabelled', more);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/holds 4 images of the test set test \(disc-\d\); take them out/);
  expect(existsSync(run)).toBe(false);

  const far = await dataSet(others);
  const unlabelled = ['--unlabelled', far];
  const ended = await genseg('train', data, '--out', run, ...options, ...unlabelled, '--json');
  expect(ended.code, ended.stderr).toBe(0);
  expect(readJson(run, 'unlabelled.json').cases).toMatchObject([
    { id: 'other-0', masks: [], labels: null },
    { id: 'other-1' },
    { id: 'other-2' },
  ]);
  const { cost } = jsonOf(ended) as { cost: { updates: object } };
  expect(cost.updates).toEqual({ segmentation: { steps: 4, images: 4 * (4 + 4) } });
  expect(readJson(run, 'plan.json').decisions).toContainEqual({
    name: 'unlabelled images',
    value: 3,
    reason: expect.any(String),
  });
  const again = await genseg('resume', run, '--json');
  expect(again.code, again.stderr).toBe(0);
  expect(jsonOf(again).sets).toEqual(jsonOf(ended).sets);
});

test('unlabelled images and methods that have no use for them are told apart', async () => {
  const data = await discFolder('disc', 10);
  const out = join(await temporaryFolder(), 'run');
  const train = (...options: string[]) => genseg('train', data, '--out', out, ...options);
  const without = await train(...quick('dct'), '--labels', '6');
  expect(without.code).toBe(2);
  expect(without.stderr).toMatch(/--method dct learns from unlabelled images too; .*--unlabelled/);
  const needless = await train(...quick('plain'), '--labels', '6', '--unlabelled', data);
  expect(needless.code).toBe(2);
  expect(needless.stderr).toMatch(/--unlabelled: method plain has no use for unlabelled images/);
  const nothing = await train(...quick('mcf'), '--unlabelled', data);
  expect(nothing.code).toBe(1);
  expect(nothing.stderr).toMatch(/holds no image but those that are labelled here/);
});
