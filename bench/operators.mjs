// @ts-check
// How many operators an iteration of GenSeg asks of a device: on a GPU each is a launch, some microseconds of the host
// however small the tensors. Counted on a device in software (packages/torch/test/device), which needs no GPU and is
// the same for our half and Python's; views and empty tensors cost nothing and are not counted.
//
//   node bench/operators.mjs             prints it: a minute
//   node bench/operators.mjs --write     also into docs/performance.md

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { genseg, PairSet, presets, Session, unet } from 'genseg';
import { Worker } from './lib/pair.mjs';
import { table, writeBetween } from './lib/report.mjs';

const { write = false } = parseArgs({ options: { write: { type: 'boolean' } } }).values;
const python = process.env.PYTHON ?? '/usr/bin/python3';
const build = fileURLToPath(new URL('../packages/torch/build', import.meta.url));
execFileSync('cmake', ['--build', build, '--target', 'software_device'], { stdio: 'pipe' });
const library = join(build, 'software_device.node');

// Widths and sizes change no number of operators, so that they are small.
const small = { width: 4, batch: 2, threads: 1, precision: 'fp32', layout: 'contiguous' };
const nets = [
  { name: 'width 16, 128 px, depth 5', size: 32, depth: 5 },
  { name: "the paper's nets, depth 8", size: 256, depth: 8 },
];
const rates = { gan: 1e-4, segmentation: 1e-4, architecture: 1e-3 };

/** @param {typeof nets[number]} net @returns {Promise<[number[], number[]]>} operators of each stage, ours and Python's */
async function iteration(net) {
  const folder = mkdtempSync(join(tmpdir(), 'genseg-operators-'));
  const request = {
    ...{ ...small, ...net, rates, file: join(folder, 'first.safetensors') },
    ...{ device: 'software', library },
  };
  try {
    const halves = [];
    for (const worker of [
      new Worker(process.execPath, 'iteration.mjs'),
      new Worker(python, 'iteration.py'),
    ]) {
      await worker.ask('prepare', request);
      const [, run] = await worker.ask('iterations', { count: 2 });
      halves.push(run);
      await worker.end();
    }
    const [ours, theirs] = halves;
    const apart = ours.losses
      .slice(0, 4)
      .map((/** @type {number} */ loss, /** @type {number} */ i) =>
        Math.abs(loss / theirs.losses[i] - 1),
      );
    if (!(Math.max(...apart) < 1e-3)) throw new Error(`${ours.losses} and ${theirs.losses} differ`);
    return [ours.stages, theirs.stages];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Operators of a step of level II alone, as `fast` takes 23 of 24. @param {boolean} captured */
function stepAlone(captured) {
  const native = createRequire(import.meta.url)(library);
  const device = /** @type {'cpu'} */ ('privateuseone:0');
  const side = 32;
  const samples = Array.from({ length: 4 }, (_, i) => ({
    ...{ id: `${i}`, width: side, height: side },
    image: Float32Array.from({ length: side ** 2 }, (_, k) => ((k * (i + 7)) % 97) / 97),
    mask: Uint8Array.from({ length: side ** 2 }, (_, k) => +(k % side < side / (2 + i))),
  }));
  /** @type {import('genseg').CaptureWork} */
  const captureWork = (body) => {
    const tape = native.begin();
    try {
      const result = body();
      return {
        graph: { replay: () => native.replay(tape), dispose: () => native.forget(tape) },
        result,
      };
    } finally {
      native.end();
    }
  };
  const { recipe } = presets.fast;
  const session = new Session(
    {
      ...{ method: genseg, family: unet, recipe, size: side, channels: 1, classes: 2, seed: 0 },
      ...{ device, precision: 'fp32', captureWork: captured ? captureWork : undefined },
    },
    { train: PairSet.from(samples, device), validation: PairSet.from(samples, device) },
  );
  /** @type {number} */
  let operators = 0;
  for (let i = 0; i < 10; i++) {
    if (session.engine) session.engine.iteration = 1; // of 24, and so without level III
    native.look();
    session.trainStep();
    operators = native.look().operators;
  }
  session.dispose();
  return operators;
}

const rows = [];
for (const net of nets) {
  const [ours, theirs] = await iteration(net);
  const sum = (/** @type {number[]} */ list) => list.reduce((a, b) => a + b);
  for (const [name, stages] of /** @type {const} */ ([
    ['ours', ours],
    ['Python', theirs],
  ]))
    rows.push([
      `${net.name}: ${name}`,
      ...[...stages, sum(stages)].map(String),
      (sum(theirs) / sum(stages)).toFixed(2),
    ]);
}
const stages = ['I, discriminator', 'I, generator', 'II', 'III'];
const [usual, captured] = [false, true].map(stepAlone);
const text = [
  table(['operators', ...stages, 'all', 'plain / this'], rows),
  `A step of level II alone, its batch included: ${usual} operators; from a capture ${captured}, and the capture's launch.`,
].join('\n\n');
console.log(text);
if (write) writeBetween('node bench/operators.mjs', text);
