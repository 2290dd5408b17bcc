// @ts-check
// Builds the native addon of @genseg/torch when its inputs changed, and proves that it loads.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, SetupError } from './process.mjs';

/** @typedef {import('./find.mjs').LibTorch} LibTorch */
/** @typedef {import('./find.mjs').Program} Program */

/**
 * Builds the addon if anything it is made of differs from the last successful build. The version of
 * Node is not among that: Node-API is the same in all of them.
 * @param {string} folder packages/torch
 * @param {{ libtorch: LibTorch, compiler: Program, cmake: Program }} tools
 * @returns {boolean} whether it was built
 */
export function buildAddon(folder, { libtorch, compiler, cmake }) {
  const build = join(folder, 'build');
  const stamp = join(build, 'inputs.sha256');
  const inputs = hashInputs(folder, libtorch, compiler);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return false;
  console.log('Building the native addon, a minute or two ...');
  // CMake's cache remembers the previous LibTorch. The previous addon stays until its successor links.
  rmSync(join(build, 'CMakeCache.txt'), { force: true });
  run(cmake.path, [
    ...['-S', folder, '-B', build, `-DLIBTORCH=${libtorch.prefix}`],
    ...[`-DCMAKE_CXX_COMPILER=${compiler.path}`, `-DNODE=${process.execPath}`],
  ]);
  run(cmake.path, ['--build', build]);
  loadAddon(addonPath(folder), libtorch);
  writeFileSync(stamp, inputs);
  return true;
}

/** @param {string} folder packages/torch */
export function addonPath(folder) {
  return join(folder, 'build/genseg_torch.node');
}

/**
 * SHA-256 over the sources, the recipe, the compiler and the library.
 * @param {string} folder
 * @param {LibTorch} libtorch
 * @param {Program} compiler
 */
export function hashInputs(folder, libtorch, compiler) {
  const sources = readdirSync(join(folder, 'native')).sort();
  const hash = createHash('sha256');
  for (const file of ['CMakeLists.txt', ...sources.map((name) => join('native', name))]) {
    hash.update(`${file}\n`).update(readFileSync(join(folder, file)));
  }
  const { size, mtimeMs } = statSync(libtorch.library);
  const facts = { ...libtorch, size, mtimeMs, compiler, platform: process.platform };
  return hash.update(JSON.stringify(facts)).digest('hex');
}

/**
 * Loads the addon in a process of its own, since a bad one can end the process that loads it.
 * @param {string} path
 * @param {LibTorch} libtorch
 */
export function loadAddon(path, { version, prefix }) {
  const { ok, signal, stderr } = capture(process.execPath, [
    '-e',
    'require(process.argv[1])',
    path,
  ]);
  if (ok) return;
  const reason =
    stderr.split('\n').find((line) => /undefined symbol|version `|cannot open|Error:/.test(line)) ??
    (signal ? `it ended with ${signal}` : stderr.trim());
  const mismatch = /undefined symbol|version `/.test(reason) ? 'ABI mismatch: ' : '';
  throw new SetupError(
    `${mismatch}the addon does not load with LibTorch ${version} in ${prefix}: ${reason.replace('Error:', '').trim()}. ` +
      'Look for another LibTorch or libstdc++ in LD_LIBRARY_PATH, then remove packages/torch/build ' +
      'and run npm run setup again.',
  );
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { ok, stdout, stderr } = capture(command, args);
  if (!ok) {
    console.error(stdout + stderr);
    throw new SetupError(`${command} ${args[0]} failed, for the reason above.`);
  }
}
