import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataSet, temporaryFolder } from '../../test/data/fixtures.ts';
import { DataError } from '../errors.ts';
import type { Cell } from './cells.ts';
import { codeVersion, contentHashes, inputsOf, withEffect, withoutEffect } from './inputs.ts';

const cell = (data: string, size = '64'): Cell => ({
  ...{ id: 'a', task: 'a', variant: 'default', model: 'unet', method: 'plain', labels: 5, seed: 0 },
  options: { data, size },
  reads: [data],
  threads: null,
});
const hashOf = async (data: string, size?: string, code = 'v1') =>
  (await inputsOf(cell(data, size), code, contentHashes())).hash;

test('options, code, bytes and names of the data count; where the data lie does not', async () => {
  const data = await dataSet({ 'images/a.png': 'abc', 'masks/a.png': 'def' });
  const first = await hashOf(data);
  expect(await hashOf(data)).toBe(first);
  expect(await hashOf(data, '32')).not.toBe(first);
  expect(await hashOf(data, '64', 'v2')).not.toBe(first);

  const elsewhere = join(await temporaryFolder(), data.split('/').at(-1)!);
  cpSync(data, elsewhere, { recursive: true });
  expect(await hashOf(elsewhere)).toBe(first);
  writeFileSync(join(elsewhere, 'images', 'a.png'), 'abd');
  expect(await hashOf(elsewhere)).not.toBe(first);
  writeFileSync(join(elsewhere, 'images', 'a.png'), 'abc');
  expect(await hashOf(elsewhere)).toBe(first);
  writeFileSync(join(elsewhere, 'images', 'b.png'), '');
  expect(await hashOf(elsewhere)).not.toBe(first);
});

test('a file that stands in two folders is read once', async () => {
  const [data, linked] = [await dataSet({ 'a.png': 'abc' }), await temporaryFolder()];
  symlinkSync(join(data, 'a.png'), join(linked, 'a.png'));
  const contentOf = contentHashes();
  const hash = await contentOf(data);
  writeFileSync(join(data, 'a.png'), 'abd');
  expect(await contentOf(linked)).toBe(hash);
  expect(await contentHashes()(linked)).not.toBe(hash);
});

test('a path where nothing is, is named with its task', async () => {
  await expect(hashOf('/nowhere/lungs')).rejects.toThrow(DataError);
  await expect(hashOf('/nowhere/lungs')).rejects.toThrow(
    /^task a: there is no \/nowhere\/lungs; c/,
  );
});

test('the part that remains when the code changes is told apart', async () => {
  const data = await dataSet({ 'a.png': 'abc' });
  const [old, next] = await Promise.all(
    ['v1', 'v2'].map((code) => inputsOf(cell(data), code, contentHashes())),
  );
  expect(next.data).toBe(old.data);
  expect(next.hash).not.toBe(old.hash);
});

test('code that only shows results or plans trainings is no other version', async () => {
  const without = ['report/a.js', 'workflow/bench.js', 'train/a.d.ts'];
  const code = await dataSet(
    Object.fromEntries(['train/a.js', ...without].map((file) => [file, '1'])),
  );
  const before = codeVersion([code]);
  for (const file of without) writeFileSync(join(code, file), '2');
  expect(codeVersion([code, join(code, 'absent')])).toBe(before);
  writeFileSync(join(code, 'train', 'a.js'), '2');
  expect(codeVersion([code])).not.toBe(before);
});

test('code that makes the scores is another version, though it lies among the reports', async () => {
  const code = await dataSet({ 'report/evaluation.js': '1' });
  const before = codeVersion([code]);
  writeFileSync(join(code, 'report', 'evaluation.js'), '2');
  expect(codeVersion([code])).not.toBe(before);
});

test('what is told apart by its path is there, so that no renaming changes what counts', () => {
  const src = join(import.meta.dirname, '..');
  const paths = [...withoutEffect, ...withEffect];
  expect(paths.filter((path) => !existsSync(join(src, path.replace(/\.js$/, '.ts'))))).toEqual([]);
});
