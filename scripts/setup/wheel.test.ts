import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installWheel, isPackaged } from './wheel.mjs';

let folder: string;
let env: { PATH: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-wheel-'));
  env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  mkdirSync(join(folder, 'bin'));
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** A program, a shell script, that PATH has before all others. */
function program(name: string, script: string): void {
  const path = join(folder, 'bin', name);
  writeFileSync(path, `#!/bin/sh\ncd ${folder}\n${script}\n`);
  chmodSync(path, 0o755);
}

describe('isPackaged', () => {
  /** apt whose lists are empty until they are brought up to date. */
  const aptWith = (candidate: string) => {
    program('apt-get', 'touch lists');
    program('apt-cache', `[ -e lists ] && echo "$2: Candidate: ${candidate}"; true`);
  };

  it.each([
    ['1.13.1+dfsg-4', true],
    ['2.9.1+dfsg-1~exp1ubuntu2', true],
    ['1.8.1-4', false],
    ['(none)', false],
  ])('of %s is %s', (candidate, expected) => {
    aptWith(candidate);
    expect(isPackaged(env, true)).toBe(expected);
  });

  it('brings no lists up to date where it may not', () => {
    aptWith('1.13.1');
    expect(isPackaged(env, false)).toBe(false);
    expect(existsSync(join(folder, 'lists'))).toBe(false);
  });

  it('is false where there is no apt', () => {
    expect(isPackaged({ PATH: join(folder, 'bin') }, true)).toBe(false);
  });
});

describe('installWheel', () => {
  /** A pip that writes a file where it is told to install, and its arguments. */
  const pip = (end: string) =>
    program(
      'pip3',
      `echo "$@" > log; while [ "$1" != --target ]; do shift; done; mkdir -p "$2"; touch "$2/torch"; ${end}`,
    );

  it('has pip fetch the libraries alone, for processors, and puts them in place when they are whole', () => {
    pip('exit 0');
    const target = join(folder, '.libtorch');
    mkdirSync(`${target}.partial`);
    writeFileSync(join(`${target}.partial`, 'left'), '');
    installWheel(target, env);
    expect(existsSync(join(target, 'torch'))).toBe(true);
    expect(existsSync(join(target, 'left'))).toBe(false);
    expect(existsSync(`${target}.partial`)).toBe(false);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toMatch(
      /^install --no-deps --only-binary=:all: .*--extra-index-url https:\S+\/cpu torch==\d\S+\+cpu\n$/,
    );
  });

  it('says why pip failed, and leaves nothing behind', () => {
    pip("echo 'ERROR: No matching distribution found for torch' >&2; exit 1");
    const target = join(folder, '.libtorch');
    expect(() => installWheel(target, env)).toThrow(
      /^pip could not fetch torch\S+ \(No matching distribution found for torch\)\. Connect/,
    );
    expect(existsSync(target)).toBe(false);
    expect(existsSync(`${target}.partial`)).toBe(false);
  });

  it('says so where there is no pip', () => {
    expect(() => installWheel(folder, { PATH: join(folder, 'bin') })).toThrow('no pip3 is found');
  });
});
