import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installWheel, isPackaged, wantsWheel } from './wheel.mjs';

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
  writeFileSync(path, `#!/bin/sh\ncd '${folder}'\n${script}\n`);
  chmodSync(path, 0o755);
}

describe('wantsWheel', () => {
  const from = (where: string, version = '2.13.0') => ({
    libtorch: { prefix: '', library: '', version, cuda: false, from: where },
  });
  const wheel = "pip's wheel";

  it.each<[string, object, { asked?: boolean; packaged?: boolean }, boolean]>([
    ['there is one', from('the system'), {}, false],
    ['apt brings one', {}, { packaged: true }, false],
    ['nothing brings one', {}, {}, true],
    ['it is asked for beside another', from('the system'), { asked: true, packaged: true }, true],
    ['it is there', from(wheel), { asked: true }, false],
    ['another version of it is there', from(wheel, '2.12.1'), {}, false],
    [
      'another version of it is there and it is asked for',
      from(wheel, '2.12.1'),
      { asked: true },
      true,
    ],
  ])('where %s', (_, found, { asked = false, packaged = false }, expected) => {
    expect(wantsWheel(found, { asked, env: {}, packaged: () => packaged })).toBe(expected);
  });

  it('takes no sides between --wheel and LIBTORCH', () => {
    const given = { env: { LIBTORCH: '/opt/torch' }, packaged: () => true };
    expect(() => wantsWheel({}, { ...given, asked: true })).toThrow('unset LIBTORCH');
    expect(wantsWheel(from('LIBTORCH'), { ...given, asked: false })).toBe(false);
  });
});

describe('isPackaged', () => {
  let lists: string;
  beforeEach(() => {
    lists = join(folder, 'lists');
    mkdirSync(lists);
    writeFileSync(join(lists, 'lock'), '');
  });

  /** apt whose lists are empty until they are brought up to date. */
  const aptWith = (candidate: string) => {
    program('apt-get', 'touch lists/deb_main_Packages.lz4');
    program(
      'apt-cache',
      `[ -e lists/deb_main_Packages.lz4 ] && echo "$2: Candidate: ${candidate}"; true`,
    );
  };

  it.each([
    ['1.13.1+dfsg-4', true],
    ['2.9.1+dfsg-1~exp1ubuntu2', true],
    ['1.8.1-4', false],
    ['(none)', false],
  ])('of %s is %s', (candidate, expected) => {
    aptWith(candidate);
    expect(isPackaged(env, true, lists)).toBe(expected);
    expect(isPackaged(env, false, lists)).toBe(expected);
  });

  it('is presumed where lists are empty and may not be brought up to date', () => {
    aptWith('(none)');
    expect(isPackaged(env, false, lists)).toBe(true);
    expect(readdirSync(lists)).toEqual(['lock']);
  });

  it('is false where there is no apt', () => {
    expect(isPackaged({ PATH: join(folder, 'bin') }, true, lists)).toBe(false);
  });
});

describe('installWheel', () => {
  /** A pip that writes a file where it is told to install, and its arguments. */
  const pip = (end: string) =>
    program(
      'pip3',
      `echo "$@" $PIP_USER > log; while [ "$1" != --target ]; do shift; done; mkdir -p "$2"; touch "$2/torch"; ${end}`,
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
      /^install --no-deps .*--only-binary=:all: .*--extra-index-url https:\S+\/cpu torch==\d\S+\+cpu 0\n$/,
    );
  });

  it('says why pip failed, and leaves nothing behind', () => {
    pip(
      "echo 'ERROR: Could not find a version (from versions: ...)\nERROR: No matching distribution' >&2; exit 1",
    );
    const target = join(folder, '.libtorch');
    expect(() => installWheel(target, env)).toThrow(
      /^pip could not fetch LibTorch \(No matching distribution\)\. It needs the network/,
    );
    expect(existsSync(target)).toBe(false);
    expect(existsSync(`${target}.partial`)).toBe(false);
  });

  it('says so where there is no pip', () => {
    expect(() => installWheel(folder, { PATH: join(folder, 'bin') })).toThrow('no pip3 is found');
  });
});
