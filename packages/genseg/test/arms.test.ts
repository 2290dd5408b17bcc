/** Arms whose data differ from the others', by the command line: what is trained on, and what is said of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discFolder, genseg, jsonOf, quick, readJson } from './command-line.ts';
import { temporaryFolder } from './data/fixtures.ts';

test('val-as-train: the same labelled cases as another arm, all of them trained on, and the last weights kept', async () => {
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
