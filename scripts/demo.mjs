// @ts-check
/**
 * npm run demo: three ways to train on 14 labelled chest X-rays, at equal segmentation steps, tested on
 * 53 others. The methods run side by side, one thread each; an interrupted demo goes on where it stopped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { genseg } from './genseg.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = join(root, 'examples', 'lungs');
const folder = join(root, 'runs', 'demo');
/** GenSeg takes about as long as the other two together, so two processes end together. */
const lanes = [['genseg'], ['plain', 'augment']];

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
