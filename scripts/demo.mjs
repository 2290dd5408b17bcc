// @ts-check
/**
 * npm run demo: three ways to train on 14 labelled chest X-rays, at equal segmentation steps, tested on
 * 53 others. Arms run side by side, one thread each; an interrupted demo goes on where it stopped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'packages', 'genseg', 'bin', 'genseg.js');
const data = join(root, 'examples', 'lungs');
const folder = join(root, 'runs', 'demo');
/** GenSeg takes about as long as the other two together, so two processes end together. */
const lanes = [['genseg'], ['plain', 'augment']];

/**
 * Runs a genseg command; its stdout. Lines of stderr go to `onLine`.
 * @param {string[]} args
 * @param {(line: string) => void} [onLine]
 * @returns {Promise<string>}
 */
function genseg(args, onLine = (line) => process.stderr.write(`${line}\n`)) {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    createInterface({ input: child.stderr }).on('line', onLine);
    child.on('error', failed);
    child.on('close', (code) =>
      code === 0 ? done(output) : failed(new Error(`genseg ${args[0]} ended with ${code}`)),
    );
  });
}

/**
 * Trains one method, or goes on with it.
 * @param {string} method
 * @param {number} threads
 */
async function runArm(method, threads) {
  const run = join(folder, method);
  const fresh = [
    'train',
    data,
    '--out',
    run,
    '--method',
    method,
    '--labels',
    '14',
    '--seed',
    '0',
    '--threads',
    String(threads),
  ];
  const args = existsSync(join(run, 'plan.json')) ? ['resume', run] : fresh;
  await genseg([...args, '--json'], (line) =>
    process.stderr.write(`${method.padEnd(8)} ${line}\n`),
  );
}

async function main() {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  const started = performance.now();
  const threads = Math.max(1, Math.floor(availableParallelism() / lanes.length));
  await Promise.all(
    lanes.map(async (methods) => {
      for (const method of methods) await runArm(method, threads);
    }),
  );
  const report = join(folder, 'report.html');
  const runs = lanes.flat().map((method) => join(folder, method));
  process.stdout.write(await genseg(['report', ...runs, '--out', report]));
  const minutes = (performance.now() - started) / 60_000;
  console.log(
    `\nDone in ${minutes.toFixed(1)} minutes. Open ${relative(process.cwd(), report)} in a browser.`,
  );
}

await main();
