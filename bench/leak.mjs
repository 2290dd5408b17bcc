// @ts-check
// Whether training leaks: 10,000 steps of a small convolutional net, and the process's memory meanwhile.
//
//   node bench/leak.mjs             prints it: some seconds
//   node bench/leak.mjs --write     also into docs/performance.md

import { parseArgs } from 'node:util';
import {
  conv2d,
  Generator,
  grad,
  liveTensors,
  noGrad,
  parameter,
  randn,
  scope,
} from '@genseg/torch';
import { residentMemory } from './lib/proc.mjs';
import { machineLine, writeBetween } from './lib/report.mjs';

const { write = false } = parseArgs({ options: { write: { type: 'boolean' } } }).values;
const STEPS = 10_000;
const EVERY = 500;
const WARM = 1000; // steps, after which memory should not grow

const generator = new Generator(0);
const weights = [
  [8, 1, 3, 3],
  [8, 8, 3, 3],
  [1, 8, 3, 3],
].map((shape) => scope(() => parameter(randn(shape, { generator }).mul(0.2))));

/** One step of gradient descent on noise. */
function step() {
  scope(() => {
    const x = randn([4, 1, 32, 32], { generator });
    const [a, b, c] = weights;
    const hidden = conv2d(conv2d(x, a, { padding: 1 }).relu(), b, { padding: 1 }).relu();
    const loss = conv2d(hidden, c, { padding: 1 }).sub(x).square().mean();
    const gradients = grad(loss, weights);
    noGrad(() => {
      for (const [k, weight] of weights.entries()) weight.sub_(gradients[k], { alpha: 0.05 });
    });
  });
}

/** @type {{ done: number, memory: number, tensors: number }[]} memory in MiB */
const rows = [];
for (let done = 1; done <= STEPS; done++) {
  step();
  if (done % 100 === 0) await new Promise(setImmediate); // finalizers run between turns
  if (done % EVERY === 0) {
    const memory = residentMemory('self') / 2 ** 20;
    rows.push({ done, memory, tensors: liveTensors() });
  }
}
const after = (/** @type {number} */ steps) => rows[steps / EVERY - 1].memory;
const growth = after(STEPS) - after(WARM);
const text = [
  machineLine(),
  [
    '| steps | resident, MiB | live tensors |',
    '| ----: | ------------: | -----------: |',
    ...rows.map(({ done, memory, tensors }) => `| ${done} | ${memory.toFixed(1)} | ${tensors} |`),
  ].join('\n'),
  `From step ${WARM} to step ${STEPS} resident memory changed by ${growth.toFixed(1)} MiB.`,
].join('\n\n');
console.log(text);
if (write) writeBetween('node bench/leak.mjs', text);
