// @ts-check
// Builds the studio's page with Vite when anything it is made of changed.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, SetupError } from './process.mjs';

/**
 * Builds the page if its sources, its recipe or the packages of the lock file differ from those of the last build.
 * @param {string} root the repository
 * @returns {boolean} whether it was built
 */
export function buildPage(root) {
  const folder = join(root, 'packages/studio');
  const stamp = join(folder, 'dist/page.sha256');
  const inputs = hashPage(root);
  const built = existsSync(join(folder, 'dist/page/index.html'));
  if (built && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return false;
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { ok, stdout, stderr } = capture(process.execPath, [vite, 'build'], { cwd: folder });
  if (!ok) throw new SetupError(`vite build failed in packages/studio:\n${stdout}${stderr}`);
  writeFileSync(stamp, inputs);
  return true;
}

/**
 * SHA-256 over all that the page is made of.
 * @param {string} root
 */
export function hashPage(root) {
  const hash = createHash('sha256');
  const studio = 'packages/studio';
  const sources = ['src/page', 'src/api'].flatMap((folder) => filesIn(root, join(studio, folder)));
  const recipe = ['index.html', 'vite.config.ts', 'src/api.ts'].map((name) => join(studio, name));
  for (const path of ['package-lock.json', ...recipe, ...sources.sort()]) {
    hash.update(`${path}\n`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]} paths below the root, without tests
 */
function filesIn(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(root, path);
    return entry.name.endsWith('.test.ts') ? [] : [path];
  });
}
