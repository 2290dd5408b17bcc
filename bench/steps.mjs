// @ts-check
// Small operator calls and U-Net training steps, ours beside Python's torch: the first part of `npm run bench`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, withWorkers } from './lib/pair.mjs';
import { precisions } from './lib/precisions.mjs';
import { machineText, operatorTable, stepName, stepTable, writeReport } from './lib/report.mjs';

/** @typedef {import('./lib/pair.mjs').Worker} Worker */
/** @typedef {import('./lib/report.mjs').Step} Step */

/** @param {boolean} quick @returns {Step[]} */
function stepsToMeasure(quick) {
  const all = [16, 64].flatMap((width) =>
    precisions.flatMap((precision) =>
      ['contiguous', 'channels-last'].flatMap((layout) =>
        [1, 2].map((threads) => ({ width, precision, layout, threads })),
      ),
    ),
  );
  return quick ? all.filter(({ width, precision }) => width === 16 && precision === 'fp32') : all;
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
 * @param {number} seconds in all
 */
async function measureStep(workers, step, file, seconds) {
  const warmUp = [];
  for (const worker of workers) {
    const parameters = await worker.ask('prepare', { ...step, size: 128, batch: 4, file });
    warmUp.push({ parameters, ...(await worker.ask('steps', { count: 2 })) });
  }
  requireSame(step, warmUp);

  const count = Math.ceil(0.5 / warmUp[0].seconds); // a turn takes half a second or more
  const round = warmUp.reduce((sum, { seconds }) => sum + count * seconds, 0);
  const turns = Math.min(15, Math.max(3, Math.round(seconds / round)));
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

/**
 * Prints it, and writes table and plot to docs/ if asked to. `seconds`: how long the steps of one configuration
 * are measured, both halves together.
 * @param {{ python: string | undefined, seconds: number, quick?: boolean, write?: boolean }} options
 */
export async function compareSteps({ python, seconds, quick = false, write = false }) {
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
    for (const step of stepsToMeasure(quick)) {
      process.stderr.write(`U-Net ${stepName(step)} ...\n`);
      steps.push(await withWorkers(python, (workers) => measureStep(workers, step, file, seconds)));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`\n${stepTable(steps)}`);
  if (write) writeReport(machine, operators, steps);
}
