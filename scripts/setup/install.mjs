// @ts-check
// Installs what is missing: Debian packages, where we are root, and the npm packages.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { capture, findProgram, lastLine, SetupError } from './process.mjs';

/** @typedef {import('./process.mjs').Env} Env */
/** @typedef {import('./find.mjs').Found} Found */

/**
 * What a build still lacks, in words, each with the Debian package that brings it.
 * @param {Found} found
 * @param {boolean} wheel whether pip is to bring LibTorch, and its BLAS
 * @returns {{ what: string, debian: string }[]}
 */
export function missing({ libtorch, blas, gloo, pip, compiler, cmake, make }, wheel = false) {
  const needs = [
    { met: wheel || libtorch, what: 'LibTorch 1.13 or later', debian: 'libtorch-dev' },
    { met: wheel || blas?.optimised, what: 'OpenBLAS', debian: 'libopenblas0-pthread' },
    { met: wheel || gloo, what: 'the headers of Gloo', debian: 'libgloo-dev' },
    { met: !wheel || pip, what: 'pip (to fetch LibTorch)', debian: 'python3-pip' },
    { met: compiler, what: 'a C++17 compiler', debian: 'g++' },
    { met: cmake, what: 'CMake 3.18 or later', debian: 'cmake' },
    { met: make, what: 'make', debian: 'make' },
  ];
  return needs.filter(({ met }) => !met);
}

/**
 * Installs Debian packages, or says in one line what to run instead.
 * @param {{ what: string, debian: string }[]} needs
 * @param {Env} env
 * @param {boolean} root whether we may install
 * @param {string} osRelease the text of /etc/os-release
 */
export function installSystem(needs, env, root, osRelease) {
  const lacking = `missing: ${needs.map(({ what }) => what).join(', ')}`;
  const apt = findProgram(['apt-get'], env);
  if (!apt || !/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(osRelease)) {
    throw new SetupError(
      `${lacking}. Install it with your system's package manager and run npm run setup again.`,
    );
  }
  const packages = needs.map(({ debian }) => debian);
  const args = ['install', '-y', '--no-install-recommends', ...packages];
  const commands = ['apt-get update', `apt-get ${args.join(' ')}`];
  if (!root) {
    throw new SetupError(`${lacking}. Run: ${commands.map((line) => `sudo ${line}`).join(' && ')}`);
  }
  console.log(`Installing ${packages.join(' ')} ...`);
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  // An update may fail for a source that nobody needs here; the installation decides.
  capture(apt, ['update'], { env: quiet });
  const { ok, stderr } = capture(apt, args, { env: quiet });
  if (!ok) {
    const reason = stderr.match(/^E: .*/m)?.[0] ?? lastLine(stderr);
    throw new SetupError(`${lacking}; apt-get failed (${reason}). Run: ${commands.join(' && ')}`);
  }
}

/**
 * Whether `npm ci` has to run: never yet, or the lock file is newer than what it installed.
 * @param {string} root
 */
export function npmIsStale(root) {
  const installed = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs;
}

/**
 * Installs the npm packages of the lock file.
 * @param {string} root
 * @param {Env} env
 */
export function installNpm(root, env) {
  console.log('Installing npm packages ...');
  const { ok, stderr } = capture('npm', ['ci', '--no-audit', '--no-fund'], { env, cwd: root });
  if (ok) return;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(stderr)) {
    throw new SetupError(
      'npm ci cannot reach the package registry: connect to a network, or set the proxy ' +
        '(npm config set proxy ...), and run npm run setup again.',
    );
  }
  const reason = stderr.match(/^npm (?:error|ERR!) (?!code )(\S.*)$/m)?.[1] ?? lastLine(stderr);
  throw new SetupError(`npm ci failed: ${reason} (npm ci shows all it says)`);
}

/** The text of /etc/os-release, "" where there is none. */
export function readOsRelease() {
  return existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
}
