import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import {
  readFolder,
  recoverFolder,
  removeTemporaryFiles,
  writeFileAtomic,
  writeFolderAtomic,
  writeJsonAtomic,
  writing,
} from './atomic.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('files', () => {
  test('are replaced, in folders made where needed, and leave nothing beside them', () => {
    const path = join(folder, 'a', 'plan.json');
    writeFileAtomic(path, 'old');
    writeFileAtomic(path, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'a'))).toEqual(['plan.json']);
  });

  test('may be for their owner alone', () => {
    const path = join(folder, 'token');
    writeFileAtomic(path, 'secret', { mode: 0o600 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('of JSON hold null for NaN, which JSON does not have', () => {
    const path = join(folder, 'summary.json');
    writeJsonAtomic(path, { dice: Number.NaN, cases: 3 });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ dice: null, cases: 3 });
  });

  test('that cannot be written name the path, and leave nothing behind', () => {
    const path = join(folder, 'taken');
    mkdirSync(join(path, 'by-a-folder'), { recursive: true });
    expect(() => writeFileAtomic(path, 'x')).toThrow(DataError);
    expect(() => writeFileAtomic(path, 'x')).toThrow(`Cannot write ${path}: `);
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  test.skipIf(!existsSync('/dev/full'))('on a full disk say so', () => {
    expect(() => writing('/dev/full', () => writeFileSync('/dev/full', 'x'))).toThrow(
      'Cannot write /dev/full: the disk is full; free some space and start again',
    );
  });

  test('left by a crash are swept, others are not', () => {
    for (const name of ['.plan.json.123.tmp', 'notes.tmp', '.hidden']) {
      writeFileSync(join(folder, name), '');
    }
    const guard = `.run.lock.takeover.${randomUUID()}.123.tmp`;
    for (const name of [guard, '.own.2024.tmp']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'a'), '');
    }
    removeTemporaryFiles(folder);
    expect(readdirSync(folder)).toEqual(['.hidden', '.own.2024.tmp', 'notes.tmp']);
    expect(readdirSync(join(folder, '.own.2024.tmp'))).toEqual(['a']);
  });
});

describe('folders', () => {
  const fill = (path: string, text: string) => {
    mkdirSync(path);
    writeFileSync(join(path, 'weights'), text);
  };
  const weights = (path: string) => readFileSync(join(path, 'weights'), 'utf8');

  test('are replaced as a whole', () => {
    const path = join(folder, 'last');
    writeFolderAtomic(path, (next) => writeFileSync(join(next, 'old-file'), ''));
    writeFolderAtomic(path, (next) => {
      mkdirSync(join(next, 'inner'));
      writeFileSync(join(next, 'inner', 'new-file'), '');
    });
    expect(readdirSync(path)).toEqual(['inner']);
    expect(readdirSync(folder)).toEqual(['last']);
  });

  test('stay as they were when writing fails, with the error as it was', () => {
    const path = join(folder, 'last');
    writeFolderAtomic(path, (next) => writeFileSync(join(next, 'weights'), 'old'));
    const failure = new RangeError('loss is NaN');
    expect(() =>
      writeFolderAtomic(path, (next) => {
        writeFileSync(join(next, 'weights'), 'half');
        throw failure;
      }),
    ).toThrow(failure);
    expect(weights(path)).toBe('old');
    recoverFolder(path);
    expect(readdirSync(folder)).toEqual(['last']);
  });

  // The four places where a crash may interrupt writeFolderAtomic, and one that others may make of the third.
  test.each([
    ['while the first one is written', { new: 'half' }, undefined],
    ['while a new one is written', { '': 'old', new: 'half' }, 'old'],
    ['between the renames', { old: 'old', new: 'new' }, 'new'],
    ['before the old one is removed', { '': 'new', old: 'old' }, 'new'],
    ['between the renames, with the new one lost', { old: 'old' }, 'old'],
  ])('are read and recover from a crash %s', (_, found, expected) => {
    const path = join(folder, 'last');
    for (const [suffix, text] of Object.entries(found)) {
      fill(suffix ? `${path}.${suffix}` : path, text);
    }
    const names = readdirSync(folder);
    if (expected) expect(readFolder(path, weights)).toBe(expected);
    else expect(() => readFolder(path, weights)).toThrow('ENOENT');
    expect(readdirSync(folder)).toEqual(names); // the writer may still be at work
    recoverFolder(path);
    expect(readdirSync(folder)).toEqual(expected ? ['last'] : []);
    if (expected) expect(weights(path)).toBe(expected);
  });
});

describe('a process that writes', () => {
  // Writes generation after generation of a file of about a megabyte and of a folder of two files.
  const writer = (directory: string) => `
    import { writeFileSync } from 'node:fs';
    import { runnerImport } from 'vite';
    const { module } = await runnerImport(${JSON.stringify(fileURLToPath(new URL('atomic.ts', import.meta.url)))});
    process.chdir(${JSON.stringify(directory)});
    for (let generation = 0; ; generation++) {
      module.writeJsonAtomic('state.json', Array(100_000).fill(generation));
      module.writeFolderAtomic('last', (next) => {
        writeFileSync(next + '/weights', String(generation));
        writeFileSync(next + '/optimiser', String(generation));
      });
      if (generation === 2) console.log('writing');
    }`;

  const begin = async () => {
    const script = ['--input-type=module', '--eval', writer(folder)];
    const child = spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return child;
  };

  test('is not disturbed by readers, and they find whole folders', async () => {
    const child = await begin();
    const generations = new Set<string>();
    for (let i = 0; generations.size < 20 && child.exitCode === null; i++) {
      generations.add(
        readFolder(join(folder, 'last'), (now) => readFileSync(join(now, 'optimiser'), 'utf8')),
      );
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    expect(child.exitCode).toBe(null);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(generations).not.toContain('');
  }, 30_000);

  test.each([0, 7, 19, 40, 83])(
    'and is killed leaves whole files and folders (%i ms)',
    async (delay) => {
      const child = await begin();
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      await once(child, 'exit');

      const state: number[] = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'));
      expect(state).toHaveLength(100_000);
      expect(new Set(state).size).toBe(1);
      const last = join(folder, 'last');
      recoverFolder(last);
      removeTemporaryFiles(folder);
      expect(readdirSync(folder)).toEqual(['last', 'state.json']);
      const [optimiser, weights] = ['optimiser', 'weights'].map((name) =>
        readFileSync(join(last, name), 'utf8'),
      );
      expect(weights).toBe(optimiser);
      expect(Math.abs(Number(weights) - state[0])).toBeLessThanOrEqual(1);
    },
  );
});
