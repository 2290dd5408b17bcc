// @ts-check
// npm run setup: makes a fresh clone ready, or says in one line what hinders it. It finds LibTorch
// and the build tools, installs what is missing, builds the native addon, the TypeScript and the
// studio's page, loads the addon, and prints what it found. When all is in place it takes a second or two.
// With --wheel it has pip fetch LibTorch, whatever else there is. Built-in modules only: it runs before
// anything is installed.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonPath, buildAddon, loadAddon } from './setup/addon.mjs';
import { checkNode, find } from './setup/find.mjs';
import { installNpm, installSystem, missing, npmIsStale, readOsRelease } from './setup/install.mjs';
import { buildPage } from './setup/page.mjs';
import { capture, SetupError } from './setup/process.mjs';
import { installWheel, isPackaged, wantsWheel } from './setup/wheel.mjs';

/** @typedef {Required<Omit<import('./setup/find.mjs').Found, 'pip'>>} Complete */

const root = fileURLToPath(new URL('..', import.meta.url));

function setup() {
  checkNode(process.versions.node);
  report('Node', process.versions.node);

  const { libtorch, blas, compiler, cmake } = completeSystem();
  const cuda = libtorch.cuda ? ' with CUDA' : '';
  report('LibTorch', `${libtorch.version}${cuda} in ${libtorch.prefix} (${libtorch.from})`);
  report('BLAS', `${blas.name} ${blas.path}`);
  report('Compiler', compiler.version);
  report('CMake', cmake.version);

  const stale = npmIsStale(root);
  if (stale) installNpm(root, process.env);
  report('npm', stale ? 'packages installed' : 'packages up to date');

  const torch = join(root, 'packages/torch');
  const built = buildAddon(torch, { libtorch, compiler, cmake });
  if (!built) loadAddon(addonPath(torch), libtorch);
  report('Addon', built ? 'built, loads' : 'up to date, loads');

  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { ok, stdout } = capture(process.execPath, [tsc, '-b'], { cwd: root });
  if (!ok) throw new SetupError(`tsc -b failed:\n${stdout.trimEnd()}`);
  report('TypeScript', 'built');

  report('Studio', buildPage(root) ? 'page built' : 'page up to date');
}

/**
 * What the build stands on, after installing whatever of it is missing.
 * @returns {Complete}
 */
function completeSystem() {
  const wheel = join(root, '.libtorch');
  const look = () => find(process.env, join(wheel, 'torch'));
  const found = look();
  const fetch = wantsWheel(found, {
    asked: askedForWheel(),
    env: process.env,
    packaged: () => isPackaged(process.env, isRoot()),
  });
  const needs = missing(found, fetch);
  if (needs.length > 0) installSystem(needs, process.env, isRoot(), readOsRelease());
  if (fetch) installWheel(wheel, process.env);
  const complete = needs.length > 0 || fetch ? look() : found;
  const [need] = missing(complete);
  if (need && fetch && !complete.libtorch) {
    throw new SetupError(
      `${need.what} is not found, although pip fetched LibTorch into ${wheel}: remove it and run npm run setup again.`,
    );
  }
  if (need) {
    throw new SetupError(
      `${need.debian} is installed, yet ${need.what} is not found. For OpenBLAS, run ` +
        'update-alternatives --auto libblas.so.3-$(uname -m)-linux-gnu; else look at the PATH.',
    );
  }
  return /** @type {Complete} */ (complete);
}

/** Whether --wheel is given; nothing else may be. */
function askedForWheel() {
  const [first, ...others] = process.argv.slice(2);
  const wrong = [...(first === '--wheel' ? [] : [first]), ...others].filter((word) => word);
  if (wrong.length > 0) {
    throw new SetupError(`${wrong[0]} is no option: there is --wheel (npm run setup -- --wheel).`);
  }
  return first === '--wheel';
}

function isRoot() {
  return process.getuid?.() === 0;
}

/**
 * @param {string} what
 * @param {string} found
 */
function report(what, found) {
  console.log(`${what.padEnd(11)}${found}`);
}

try {
  setup();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}
