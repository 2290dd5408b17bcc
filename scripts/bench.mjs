// @ts-check
// npm run bench: small operator calls, U-Net training steps and whole GenSeg iterations, ours beside Python's
// torch in one run; what predictions cost; then the studio in Chromium: painting, and a project of 500 images.
//
//   npm run bench                all of it: half an hour; bf16 where the processor has it
//   npm run bench -- --quick     a minute
//   npm run bench -- --seconds 40 each configuration that long; default 120
//   npm run bench -- --write     also writes table and plot to docs/; for a machine at rest
//
// PYTHON names a Python with torch; else python3 and /usr/bin/python3 are asked for it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareIterations } from '../bench/compare-iterations.mjs';
import { compare, withWorkers } from '../bench/pair.mjs';
import { precisions } from '../bench/precisions.mjs';
import { measurePrediction } from '../bench/predict.mjs';
import { machineText, operatorTable, stepName, stepTable, writeReport } from '../bench/report.mjs';
import { capture } from './setup/process.mjs';

/** @typedef {import('../bench/pair.mjs').Worker} Worker */
/** @typedef {import('../bench/report.mjs').Step} Step */

const {
  quick = false,
  write = false,
  seconds,
} = parseArgs({
  options: {
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    seconds: { type: 'string' },
  },
}).values;

/** How long the steps of one configuration are measured, both halves together. */
const SECONDS = Number(seconds ?? (quick ? 6 : 120));
if (!(SECONDS > 0)) {
  console.error(`error: --seconds is "${seconds}", expected a number above 0`);
  process.exit(2);
}

/** @returns {Step[]} */
function stepsToMeasure() {
  const all = [16, 64].flatMap((width) =>
    precisions.flatMap((precision) =>
      ['contiguous', 'channels-last'].flatMap((layout) =>
        [1, 2].map((threads) => ({ width, precision, layout, threads })),
      ),
    ),
  );
  return quick ? all.filter(({ width, precision }) => width === 16 && precision === 'fp32') : all;
}

/** A Python that imports torch, undefined where there is none. */
function findPython() {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'];
  return candidates.find((python) => python && capture(python, ['-c', 'import torch']).ok);
}

/** @param {Worker[]} workers */
async function describe(workers) {
  const about = [];
  for (const worker of workers) about.push(await worker.ask('describe'));
  return about;
}

/**
 * @param {Worker[]} workers
 * @param {string[]} names
 */
async function measureOperators(workers, names) {
  const operators = [];
  for (const name of names) {
    const request = { name, calls: 2000 };
    const times = await compare(workers, 25, (worker) => worker.ask('operator', request));
    operators.push({ name, times });
  }
  return operators;
}

/**
 * @param {Worker[]} workers fresh ones, so that their peak memory is this configuration's
 * @param {Step} step
 * @param {string} file where first weights and batch go
 */
async function measureStep(workers, step, file) {
  const warmUp = [];
  for (const worker of workers) {
    const parameters = await worker.ask('prepare', { ...step, size: 128, batch: 4, file });
    warmUp.push({ parameters, ...(await worker.ask('steps', { count: 2 })) });
  }
  requireSame(step, warmUp);

  const count = Math.ceil(0.5 / warmUp[0].seconds); // a turn takes half a second or more
  const round = warmUp.reduce((sum, { seconds }) => sum + count * seconds, 0);
  const turns = Math.min(15, Math.max(3, Math.round(SECONDS / round)));
  const times = await compare(
    workers,
    turns,
    async (worker) => (await worker.ask('steps', { count })).seconds,
  );
  const memory = workers.map((worker) => worker.peakMemory());
  return { ...step, times, memory, operations: await workers[0].ask('operations') };
}

/**
 * Both halves must train the same network: equal in parameters, and in losses up to rounding.
 * @param {Step} step
 * @param {{ parameters: number, losses: number[] }[]} halves
 */
function requireSame(step, [ours, python = ours]) {
  const tolerance = step.precision === 'bf16' ? 2e-2 : 1e-4;
  const same =
    ours.parameters === python.parameters &&
    ours.losses.every((loss, i) => Math.abs(loss - python.losses[i]) <= tolerance * loss);
  if (!same) {
    const [a, b] = [ours, python].map((half) => JSON.stringify(half));
    throw new Error(`the halves differ in ${JSON.stringify(step)}: ours ${a}, Python's ${b}`);
  }
}

const setup = fileURLToPath(new URL('setup.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [setup], { stdio: ['ignore', 'ignore', 'inherit'] });
if (status !== 0) process.exit(1);

const python = findPython();
if (!python) {
  console.log('!!! ONLY OUR HALF: no Python with torch was found; set PYTHON to one to compare.\n');
}
const about = await withWorkers(python, describe);
const machine = machineText(about);
console.log(`${machine}\n`);

const operators = await withWorkers(python, (workers) =>
  measureOperators(workers, about[0].operators),
);
console.log(`${operatorTable(operators)}\n`);

const folder = mkdtempSync(join(tmpdir(), 'genseg-bench-'));
const file = join(folder, 'first.safetensors');
const steps = [];
try {
  for (const step of stepsToMeasure()) {
    process.stderr.write(`U-Net ${stepName(step)} ...\n`);
    steps.push(await withWorkers(python, (workers) => measureStep(workers, step, file)));
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`\n${stepTable(steps)}`);
if (write) writeReport(machine, operators, steps);
await compareIterations({ python, write, ...(quick && { only: [16], turns: 1 }) });
await measurePrediction({ write, quick });

for (const name of ['studio-paint', 'studio-data']) {
  console.log(`\nThe studio, ${name}:\n`);
  const few = quick && name === 'studio-data' ? ['--images', '50'] : [];
  const program = fileURLToPath(new URL(`../bench/${name}.mjs`, import.meta.url));
  const args = [program, ...few, ...(write ? ['--write'] : [])];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) process.exitCode = 1;
}
