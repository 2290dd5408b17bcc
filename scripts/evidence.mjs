// @ts-check
// npm run evidence: trains every method on several draws of the labelled images and compares them.
//
//   npm run evidence -- --suite smoke        minutes; other suites: scripts/evidence/suites.mjs
//   npm run evidence -- --suite lungs-14 --write     also writes docs/evidence/lungs-14.md
//   npm run evidence -- --dry-run            the commands only
//
// A cell that has ended is never run again and one that was interrupted goes on, so an evidence run can
// be stopped at any moment. Cells run side by side, one thread each: their bits do not depend on it.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pageOf } from './evidence/page.mjs';
import { shiftedCopy } from './evidence/shift.mjs';
import { suites } from './evidence/suites.mjs';
import { genseg } from './genseg.mjs';

/** @typedef {{ method: string, labels: number, seed: number, run: string, args: string[] }} Cell */

const {
  suite: name = 'smoke',
  write = false,
  'dry-run': dryRun = false,
} = parseArgs({
  options: {
    suite: { type: 'string' },
    write: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  },
}).values;

const root = fileURLToPath(new URL('..', import.meta.url));
const suite = suites[name];
if (!suite) {
  console.error(`error: --suite is "${name}", expected one of ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}
const folder = join(root, 'runs', 'evidence', name);
const shifted = join(folder, 'shifted');

/** Draws first, so that an evidence run that is stopped has whole draws. */
function cellsOf() {
  /** @type {Cell[]} */
  const cells = [];
  for (const labels of suite.labels) {
    for (let seed = 0; seed < suite.draws; seed++) {
      for (const method of suite.methods) {
        const run = join(folder, `${method}-${labels}-${seed}`);
        const args = ['train', suite.data, '--out', run, '--method', method];
        args.push('--labels', String(labels), '--seed', String(seed), '--test', shifted);
        args.push(...suite.options, '--threads', '1', '--precision', 'fp32', '--json');
        cells.push({ method, labels, seed, run, args });
      }
    }
  }
  return cells;
}

/**
 * Trains and tests a cell, goes on with it, or reads what it gave.
 * @param {Cell} cell
 */
async function resultOf({ run, args }) {
  const file = `${run}.json`;
  if (!existsSync(file)) {
    const begun = existsSync(join(run, 'checkpoints', 'last'));
    if (!begun) rmSync(run, { recursive: true, force: true });
    const started = performance.now();
    const output = await genseg(begun ? ['resume', run, '--json'] : args, () => {});
    const result = { ...JSON.parse(output), args, resumed: begun };
    writeFileSync(`${file}.part`, JSON.stringify(result));
    renameSync(`${file}.part`, file);
    const minutes = (performance.now() - started) / 60_000;
    console.error(`${relative(folder, run)}: ${minutes.toFixed(1)} min`);
  }
  const result = JSON.parse(readFileSync(file, 'utf8'));
  if (JSON.stringify(result.args) === JSON.stringify(args)) return result;
  throw new Error(`${file} is of other options; delete it and its folder to run the cell again`);
}

/** @param {Cell[]} cells */
async function runAll(cells) {
  /** @type {import('./evidence/page.mjs').Result[]} */
  const results = [];
  const waiting = [...cells];
  const lane = async () => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      try {
        results.push({ ...cell, ...(await resultOf(cell)) });
      } catch (error) {
        console.error(
          `${relative(folder, cell.run)} failed: ${/** @type {Error} */ (error).message}`,
        );
        process.exitCode = 1; // the other cells go on
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return results;
}

const cells = cellsOf();
if (dryRun) {
  for (const { args } of cells)
    console.log(
      [
        'npx',
        'genseg',
        ...args.map((arg) => (arg.startsWith(root) ? relative(root, arg) : arg)),
      ].join(' '),
    );
} else {
  mkdirSync(folder, { recursive: true });
  await shiftedCopy(join(suite.data, 'test'), shifted);
  const page = pageOf(name, suite, await runAll(cells));
  console.log(page);
  if (write) {
    mkdirSync(join(root, 'docs', 'evidence'), { recursive: true });
    writeFileSync(join(root, 'docs', 'evidence', `${name}.md`), page);
  }
}
