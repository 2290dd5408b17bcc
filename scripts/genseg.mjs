// @ts-check
// Runs genseg commands of this checkout as child processes, for the demo and the evidence.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'packages', 'genseg', 'bin', 'genseg.js');

/**
 * Runs a genseg command; its stdout. Lines of stderr go to `onLine`.
 * @param {string[]} args
 * @param {(line: string) => void} [onLine]
 * @returns {Promise<string>}
 */
export function genseg(args, onLine = (line) => process.stderr.write(`${line}\n`)) {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let last = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      last = line;
      onLine(line);
    });
    child.on('error', failed);
    child.on('close', (code) =>
      code === 0
        ? done(output)
        : failed(new Error(`genseg ${args[0]} ended with ${code}: ${last}`)),
    );
  });
}
