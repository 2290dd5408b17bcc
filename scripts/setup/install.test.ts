import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installNpm, installSystem, missing, npmIsStale } from './install.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-install-'));
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const program = { path: '/bin/true', version: '1' };
const everything = {
  libtorch: { prefix: '/usr', library: '', version: '1.13.0', cuda: false, from: 'the system' },
  blas: { name: 'OpenBLAS', path: '', optimised: true },
  gloo: true,
  compiler: program,
  cmake: program,
  make: '/usr/bin/make',
};

describe('missing', () => {
  it('is nothing when all is there', () => {
    expect(missing(everything)).toEqual([]);
  });

  it.each([
    ['libtorch', 'libtorch-dev'],
    ['compiler', 'g++'],
    ['cmake', 'cmake'],
    ['make', 'make'],
  ])('names the package that brings %s', (part, debian) => {
    expect(missing({ ...everything, [part]: undefined }).map((need) => need.debian)).toEqual([
      debian,
    ]);
  });

  it('names OpenBLAS where the BLAS is not optimised', () => {
    const blas = { name: '', path: '', optimised: false };
    expect(missing({ ...everything, blas }).map((need) => need.debian)).toEqual([
      'libopenblas0-pthread',
    ]);
  });

  it("asks for pip and for no LibTorch where pip's wheel is to be it", () => {
    const bare = { gloo: false, compiler: program, cmake: program };
    const packages = (found: object) =>
      missing({ ...bare, ...found }, true).map((need) => need.debian);
    expect(packages({})).toEqual(['python3-pip', 'make']);
    expect(packages({ pip: '/usr/bin/pip3' })).toEqual(['make']);
  });
});

describe('installSystem', () => {
  const needs = missing({ ...everything, compiler: undefined, cmake: undefined });
  const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
  const command = 'apt-get install -y --no-install-recommends g\\+\\+ cmake';

  /** A PATH whose apt-get writes its arguments to a log and ends as told. */
  function fakeApt(end: string): { PATH: string } {
    const script = `#!/bin/sh\necho "$DEBIAN_FRONTEND $@" >> ${folder}/log\n${end}\n`;
    writeFileSync(join(folder, 'apt-get'), script);
    chmodSync(join(folder, 'apt-get'), 0o755);
    return { PATH: folder };
  }

  it('updates and installs when root', () => {
    installSystem(needs, fakeApt('exit 0'), true, debian);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe(
      'noninteractive update\nnoninteractive install -y --no-install-recommends g++ cmake\n',
    );
  });

  it('prints the one line to run when not root', () => {
    expect(() => installSystem(needs, fakeApt('exit 0'), false, debian)).toThrow(
      new RegExp(
        `^missing: a C\\+\\+17 compiler, CMake.* Run: sudo apt-get update && sudo ${command}$`,
      ),
    );
  });

  it('prints why apt-get failed and the line to run', () => {
    const env = fakeApt("echo 'E: Unable to locate package g++' >&2; exit 100");
    expect(() => installSystem(needs, env, true, debian)).toThrow(
      new RegExp(`Unable to locate package g\\+\\+.* Run: apt-get update && ${command}$`),
    );
  });

  it('says what is needed on other distributions', () => {
    expect(() => installSystem(needs, fakeApt('exit 0'), true, 'ID=fedora\n')).toThrow(
      "missing: a C++17 compiler, CMake 3.18 or later. Install it with your system's package manager",
    );
  });

  it('counts Ubuntu and its kin as Debian', () => {
    installSystem(needs, fakeApt('exit 0'), true, 'ID=pop\nID_LIKE="ubuntu debian"\n');
    expect(readFileSync(join(folder, 'log'), 'utf8')).toContain('install');
  });
});

describe('npmIsStale', () => {
  it('compares what is installed with the lock file', () => {
    const lock = join(folder, 'package-lock.json');
    const installed = join(folder, 'node_modules/.package-lock.json');
    writeFileSync(lock, '{}');
    expect(npmIsStale(folder)).toBe(true);
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(installed, '{}');
    utimesSync(lock, 1000, 1000);
    expect(npmIsStale(folder)).toBe(false);
    utimesSync(installed, 999, 999);
    expect(npmIsStale(folder)).toBe(true);
  });
});

describe('installNpm', () => {
  /** A project of one dependency, which no cache holds, and a registry at a closed port. */
  function offline(locked: object) {
    const dependencies = { 'is-even': '1.0.0' };
    const packages = { '': { dependencies }, ...locked };
    const lock = { lockfileVersion: 3, requires: true, packages };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies }));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    return {
      ...process.env,
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_cache: join(folder, 'cache'),
      npm_config_fetch_retries: '0',
    };
  }

  it('says so when the registry cannot be reached', () => {
    const env = offline({ 'node_modules/is-even': { version: '1.0.0' } });
    expect(() => installNpm(folder, env)).toThrow('npm ci cannot reach the package registry');
  });

  it('passes on any other reason', () => {
    writeFileSync(join(folder, 'package.json'), '{}');
    expect(() => installNpm(folder, process.env)).toThrow(/^npm ci failed: .*package-lock\.json/);
  });
});
