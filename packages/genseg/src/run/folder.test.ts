import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError, DataError } from '../errors.ts';
import { evaluationPaths, RunFolder, readRunConfig } from './folder.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
  root = join(folder, 'runs', 'lungs');
});
afterEach(() => rmSync(folder, { recursive: true }));

const settings = { size: { value: 128, source: 'default' } };

test('a run begins with its options and can be read and opened again', () => {
  {
    using run = RunFolder.create(root, settings);
    expect(run.paths.events).toBe(join(root, 'events.jsonl'));
    expect(readRunConfig(root)).toEqual({ format: 'genseg-run/1', settings });
  }
  expect(readdirSync(root)).toEqual(['config.json']);
  using run = RunFolder.open(root);
  expect(run.config.settings).toEqual(settings);
});

test('an empty folder will do, also one that a killed process had begun', () => {
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, '.config.json.12.tmp'), '{"for');
  using run = RunFolder.create(root, settings);
  expect(existsSync(run.paths.config)).toBe(true);
});

test('an empty folder will do while another process asks for its lock', () => {
  const guard = join(root, 'run.lock.takeover');
  mkdirSync(guard, { recursive: true });
  writeFileSync(join(guard, 'a'), JSON.stringify({ pid: 1, host: 'elsewhere', started: null }));
  using run = RunFolder.create(root, settings);
  expect(existsSync(run.paths.config)).toBe(true);
  expect(readdirSync(guard)).toEqual(['a']);
});

test('refuses a folder with other files, a file, and an existing run, and leaves them alone', () => {
  mkdirSync(root, { recursive: true });
  for (const name of ['.thesis.1.tmp', 'thesis.tex']) writeFileSync(join(root, name), '');
  expect(() => RunFolder.create(root, settings)).toThrow(ConfigError);
  expect(() => RunFolder.create(root, settings)).toThrow('holds other files, such as thesis.tex');
  expect(readdirSync(root)).toEqual(['.thesis.1.tmp', 'thesis.tex']);
  expect(() => RunFolder.create(join(root, 'thesis.tex'), settings)).toThrow('is a file');

  const other = join(folder, 'other');
  RunFolder.create(other, settings)[Symbol.dispose]();
  expect(() => RunFolder.create(other, settings)).toThrow(`genseg resume ${other}`);
});

test('opening a run completes the swap of a checkpoint that a crash interrupted', () => {
  const run = RunFolder.create(root, settings);
  const { last, best } = run.paths.checkpoints;
  run[Symbol.dispose]();
  for (const path of [`${last}.old`, `${last}.new`, best, `${best}.new`])
    mkdirSync(path, { recursive: true });
  RunFolder.open(root)[Symbol.dispose]();
  expect(readdirSync(join(root, 'checkpoints'))).toEqual(['best', 'last']);
});

test('one process works on a run at a time, others may read', () => {
  using _ = RunFolder.create(root, settings);
  expect(() => RunFolder.open(root)).toThrow(DataError);
  expect(() => RunFolder.create(root, settings)).toThrow('is in use');
  expect(readRunConfig(root).settings).toEqual(settings);
});

test.each([
  ['no config.json', undefined, 'is not a run folder'],
  ['a torn config.json', '{"format": "gens', 'is not JSON'],
  ['another program’s config.json', '{"model_type": "bert"}', 'is not that of a run'],
])('refuses to open a folder with %s', (_, config, message) => {
  mkdirSync(root, { recursive: true });
  if (config) writeFileSync(join(root, 'config.json'), config);
  expect(() => RunFolder.open(root)).toThrow(DataError);
  expect(() => RunFolder.open(root)).toThrow(message);
  expect(existsSync(join(root, 'run.lock'))).toBe(false);
});

test('a test set has its own folder within the run, whatever its name', () => {
  expect(evaluationPaths('run', 'unseen hospitals').summary).toBe(
    join('run', 'eval', 'unseen hospitals', 'summary.json'),
  );
  for (const name of ['..', '.', '', 'a/b', 'a\\b']) {
    expect(() => evaluationPaths('run', name)).toThrow(ConfigError);
  }
});
