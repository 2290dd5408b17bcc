// @ts-check
// npm test: sets up, checks format, lint and types, runs all tests, then the tensor package's tests
// again under Node 24. A failing part does not hide the later ones; the last line names them all.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installSystem, readOsRelease } from './setup/install.mjs';
import { capture, SetupError } from './setup/process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a program in the repository's root, its output shown; whether it succeeded.
 * @param {string} command
 * @param {...string} args
 */
function run(command, ...args) {
  console.log(`\n> ${[command, ...args].join(' ')}`);
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

/** The tensor package's tests under Node 24, which npm brings; only CI insists on it. */
function testUnderNode24() {
  const { ok, stdout } = capture('npx', ['-y', '-p', 'node@24', 'node', '-p', 'process.execPath']);
  if (ok) return run(stdout.trim(), 'node_modules/vitest/vitest.mjs', 'run', 'packages/torch');
  console.error('\n!!! NOT TESTED under Node 24: npx could not fetch the package node@24.');
  return !process.env.CI;
}

/** The studio is tested in a real browser. Where we may, it is installed; only CI insists on it. */
function browser() {
  if (hasBrowser()) return true;
  try {
    const need = { what: 'Chromium', debian: 'chromium' };
    installSystem([need], process.env, process.getuid?.() === 0, readOsRelease());
    if (hasBrowser()) return true;
    throw new SetupError(
      'the package chromium brings no Chromium here: install one, and name it in CHROMIUM',
    );
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n!!! The studio is NOT TESTED in a browser: ${error.message}`);
    return !process.env.CI;
  }
}

/** Ubuntu has a file of that name that only says which snap to install. */
function hasBrowser() {
  return [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].some(
    (path) => path && capture(path, ['--version']).ok,
  );
}

const parts = {
  setup: () => run(process.execPath, 'scripts/setup.mjs'),
  biome: () => run('node_modules/.bin/biome', 'check', '.'),
  types: () => run('node_modules/.bin/tsc', '-p', 'tsconfig.test.json'),
  browser,
  tests: () => run('node_modules/.bin/vitest', 'run'),
  'tests under Node 24': testUnderNode24,
};

/** @type {string[]} */
const failed = [];
for (const [name, succeeds] of Object.entries(parts)) {
  if (!succeeds()) failed.push(name);
  if (failed[0] === 'setup') break;
}
console.log(failed.length > 0 ? `\nfailed: ${failed.join(', ')}` : '\nall passed');
process.exitCode = failed.length > 0 ? 1 : 0;
