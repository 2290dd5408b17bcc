import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LineFile, readLines } from './line-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
  path = join(folder, 'lines');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file that does not exist has no lines, and opening it makes it', () => {
  expect(readLines(path)).toEqual([]);
  using file = new LineFile(path);
  file.append('first');
  expect(readLines(path)).toEqual(['first']);
});

test('a torn last line is not read, and the next writer removes it', () => {
  writeFileSync(path, 'whole\n{"torn": "Mün');
  expect(readLines(path)).toEqual(['whole']);
  using file = new LineFile(path);
  file.append('next');
  expect(readFileSync(path, 'utf8')).toBe('whole\nnext\n');
});

test('a file that is one torn line becomes empty', () => {
  writeFileSync(path, 'torn');
  using file = new LineFile(path);
  file.append('first');
  expect(readFileSync(path, 'utf8')).toBe('first\n');
});

test('appending goes on in the file that was rewritten', () => {
  using file = new LineFile(path);
  file.append('a');
  file.append('b');
  file.rewrite(['a']);
  file.append('c');
  expect(readLines(path)).toEqual(['a', 'c']);
});
