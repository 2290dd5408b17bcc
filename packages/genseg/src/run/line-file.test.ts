import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

test('a line that found no room leaves nothing behind, so that the next is whole', () => {
  const source = fileURLToPath(new URL('line-file.ts', import.meta.url));
  const script = `
    import { runnerImport } from 'vite';
    const { module } = await runnerImport(${JSON.stringify(source)});
    const file = new module.LineFile(${JSON.stringify(path)});
    file.append('a'.repeat(900));
    try {
      file.append('b'.repeat(900));
    } catch (error) {
      console.log(error.message);
    }
    file.append('c');`;
  const command = ['-c', 'ulimit -f 1; exec "$@"', 'bash', process.execPath]; // 1024 bytes
  const { stdout, stderr } = spawnSync('bash', [...command, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout, stderr).toContain(`Cannot write ${path}: the file is larger`);
  expect(readLines(path)).toEqual(['a'.repeat(900), 'c']);
});
