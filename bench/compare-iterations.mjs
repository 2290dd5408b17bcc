// @ts-check
// One GenSeg iteration, ours beside Python's, part by part: what `npm run bench` shows after the training steps.
// Processes run in turn, one at a time; whatever else the machine does falls on all.
//
//   node bench/compare-iterations.mjs             prints it
//   node bench/compare-iterations.mjs --write     also into docs/performance.md, with a plot
//   node bench/compare-iterations.mjs --only 16,32   these widths; --turns 5: turns of each
//   node bench/compare-iterations.mjs --plain        of Python's lines the first alone
//   node bench/compare-iterations.mjs --device cuda   on a GPU, on which MiB are the device's; --batch 64: pairs in a batch.
//                                                     fp32 has TF32 in convolutions there, in both halves, as is LibTorch's default

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { environment } from '@genseg/torch';
import { median } from 'genseg';
import { EndedError, Worker } from './lib/pair.mjs';
import { plotIterations } from './lib/plot.mjs';
import { precisions } from './lib/precisions.mjs';
import { machineLine, table, writeBetween } from './lib/report.mjs';

/** @typedef {{ stages: number[], losses: number[] }} Run seconds of levels; losses of D, G, S, validation, then |gradient| */
/** @typedef {'cpu' | 'cuda'} Device */
/** @typedef {{ name: string, python: boolean, tuned?: boolean, precision: string, layout: string, threads: number, device: Device }} Variant */
/** @typedef {{ first: Run, runs: Run[], cpu: number, memory: number }} Turn CPU seconds an iteration, most bytes */
/** @typedef {Variant & { wall: number, cpu: number, parts: number[], memory: number }} Measured */
/** @typedef {Variant & { wall: null }} Ended for want of memory */

const PLOT = new URL('../docs/performance-iteration.svg', import.meta.url);
const STAGES = ['I, discriminator', 'I, generator', 'II', 'III'];
const rates = { gan: 1e-4, segmentation: 1e-4, architecture: 1e-3 };
/**
 * The small nets of the preset `fast`, deep ones of half the paper's width, and the paper's, of which plain Python takes
 * minutes and 23 GiB, and its other lines are left out; how often each is measured.
 */
const sizes = [
  { width: 16, size: 128, batch: 4, depth: 5, turns: 5, perTurn: 3, alone: false },
  { width: 32, size: 256, batch: 2, depth: 8, turns: 2, perTurn: 1, alone: false },
  { width: 64, size: 256, batch: 2, depth: 8, turns: 2, perTurn: 1, alone: true },
];

/**
 * @param {{ alone: boolean, device: Device }} options Python's plain line without its others
 * @returns {Variant[]}
 */
function variantsOf({ alone, device }, threads = availableParallelism()) {
  const fp32 = { precision: 'fp32', layout: 'contiguous', threads, device };
  const plain = { name: 'Python, eager fp32', python: true, ...fp32 };
  const last = { layout: 'channels-last' };
  const bf16 = { ...plain, ...last, name: 'Python, channels-last bf16', precision: 'bf16' };
  // LibTorch 1.13's second derivatives fail in bf16 on a CPU; the setting of waiting threads concerns a CPU alone.
  const others =
    device === 'cuda'
      ? [bf16]
      : [
          { ...plain, ...last, name: 'Python, channels-last' },
          ...(environment().version.startsWith('1.') || !precisions.includes('bf16') ? [] : [bf16]),
          { ...plain, name: 'Python, eager, untuned', tuned: false },
        ];
  return [
    ...(device === 'cuda' ? /** @type {const} */ (['fp32', 'bf16']) : precisions).map(
      (precision) => ({
        ...{ name: `ours, ${precision}`, python: false },
        ...{ ...fp32, precision },
      }),
    ),
    plain,
    ...(alone ? [] : others),
  ];
}

const sum = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0);

/**
 * Measures all variants of one size in turn. Each turn is a process of its own that is alone in memory, where
 * the plain half at the paper's nets needs more than many a machine has; its first iteration only warms it.
 * @param {typeof sizes[number]} size
 * @param {{ python: string | undefined, turns?: number, alone?: boolean, device?: Device, file: string }} options
 * @returns {Promise<(Measured | Ended)[]>}
 */
export async function measureIterations(size, options) {
  const { python, turns = size.turns, device = 'cpu', file } = options;
  const { alone = device === 'cpu' && size.alone } = options;
  const variants = variantsOf({ alone, device }).filter((variant) => python || !variant.python);
  const found = variants.map((variant) => ({
    ...{ variant, ended: false },
    turns: /** @type {Turn[]} */ ([]),
  }));
  /** @type {Run | undefined} */
  let reference;
  for (let turn = 0; turn < turns; turn++)
    for (const one of turn % 2 ? found.toReversed() : found) {
      if (one.ended) continue;
      const taken = await takeTurn(size, one.variant, { python, file });
      one.ended = taken === null;
      if (!taken) continue;
      one.turns.push(taken);
      reference ??= taken.first;
      requireSame(one.variant, taken.first, reference);
    }
  return found.map(({ variant, ended, turns }) => {
    if (ended) return { ...variant, wall: null };
    return {
      ...variant,
      wall: median(turns.flatMap(({ runs }) => runs.map(({ stages }) => sum(stages)))),
      cpu: median(turns.map(({ cpu }) => cpu)),
      parts: STAGES.map((_, i) =>
        median(turns.flatMap(({ runs }) => runs.map(({ stages }) => stages[i]))),
      ),
      memory: Math.max(...turns.map(({ memory }) => memory)),
    };
  });
}

/**
 * @param {typeof sizes[number]} size
 * @param {Variant} variant
 * @param {{ python: string | undefined, file: string }} options
 * @returns {Promise<Turn | null>} null where the process ended for want of memory
 */
async function takeTurn(size, variant, { python, file }) {
  const worker = variant.python
    ? new Worker(/** @type {string} */ (python), 'iteration.py', { tuned: variant.tuned ?? true })
    : new Worker(process.execPath, 'iteration.mjs');
  const path = variant.python || !existsSync(file) ? file : null;
  try {
    worker.yieldMemory();
    const onCuda = variant.device === 'cuda';
    // What others have there, and the worker's own context, is left out.
    const others = onCuda ? await worker.ask('deviceMemory') : 0;
    await worker.ask('prepare', { ...size, ...variant, rates, file: path });
    const [first] = /** @type {Run[]} */ (await worker.ask('iterations', { count: 1 }));
    const before = worker.cpuSeconds();
    const runs = /** @type {Run[]} */ (await worker.ask('iterations', { count: size.perTurn }));
    const cpu = (worker.cpuSeconds() - before) / size.perTurn;
    const memory = onCuda ? (await worker.ask('deviceMemory')) - others : worker.peakMemory();
    return { first, runs, cpu, memory };
  } catch (error) {
    if (error instanceof EndedError && error.signal === 'SIGKILL') return null;
    throw error;
  } finally {
    await worker.end();
  }
}

/**
 * All compute the same: the first losses agree, up to rounding. (The first gradient does not: before Adam and
 * RMSprop have seen a few, their response hangs on the last digits of the smallest gradients.)
 * @param {Variant} variant
 * @param {Run} run
 * @param {Run} expected
 */
function requireSame(variant, run, expected) {
  // On CUDA products of float32 have the ten bits of TF32.
  const exact = variant.device === 'cuda' ? 1e-3 : 1e-4;
  const tolerance = variant.precision === 'bf16' ? 5e-3 : exact;
  const same = expected.losses
    .slice(0, 4)
    .every((loss, i) => Math.abs(run.losses[i] - loss) <= tolerance * Math.abs(loss));
  if (same) return;
  throw new Error(`${variant.name} differs: ${run.losses}, expected ${expected.losses}`);
}

/** @param {(Measured | Ended)[]} measured */
export function iterationTable(measured) {
  const plain = measured.filter(hasRun).find(({ name }) => name === 'Python, eager fp32');
  const ms = (/** @type {number} */ seconds) => (1000 * seconds).toFixed(0);
  return table(
    [
      '',
      'wall, ms',
      'plain / this',
      'CPU, ms',
      'plain / this',
      ...STAGES.map((s) => `${s}, ms`),
      'MiB',
      'plain / this',
    ],
    measured.map((one) => {
      if (!hasRun(one)) return [`${one.name}: ended for want of memory`, ...Array(10).fill('')];
      const { name, wall, cpu, parts, memory } = one;
      return [
        name,
        ms(wall),
        plain ? (plain.wall / wall).toFixed(2) : '',
        ms(cpu),
        plain ? (plain.cpu / cpu).toFixed(2) : '',
        ...parts.map(ms),
        (memory / 2 ** 20).toFixed(0),
        plain ? (plain.memory / memory).toFixed(2) : '',
      ];
    }),
  );
}

/** @type {(one: Measured | Ended) => one is Measured} */
const hasRun = (one) => one.wall !== null;

/** What the machine can do at its best, beside which the rest is seen. */
async function peakText() {
  const worker = new Worker(process.execPath, 'iteration.mjs');
  const rows = [];
  for (const precision of precisions)
    for (const layout of ['contiguous', 'channels-last']) {
      const peak = await worker.ask('peak', { threads: availableParallelism(), precision, layout });
      const cells = [peak.gemm, peak.forward, peak.training].map((value) => value.toFixed(0));
      rows.push([`${precision}, ${layout}`, ...cells]);
    }
  await worker.end();
  return table(['GFLOP/s', 'matrix product', '3x3 convolution', 'with its gradients'], rows);
}

/**
 * @param {{ python: string | undefined, turns?: number, only?: number[], alone?: boolean, device?: Device, batch?: number,
 *   write?: boolean }} options
 */
export async function compareIterations(options) {
  const { python, turns, only, alone, device = 'cpu', batch, write = false } = options;
  const folder = mkdtempSync(join(tmpdir(), 'genseg-iteration-'));
  const parts = [machineLine(), ...(device === 'cpu' ? [await peakText()] : [])];
  const plots = [];
  try {
    for (const given of sizes.filter(({ width }) => only?.includes(width) ?? true)) {
      const size = { ...given, batch: batch ?? given.batch };
      const file = join(folder, `first-${size.width}.safetensors`);
      const measured = await measureIterations(size, {
        ...{ python, device, file },
        ...(turns !== undefined && { turns }),
        ...(alone !== undefined && { alone }),
      });
      rmSync(file, { force: true });
      const title = `Width ${size.width}, ${size.size} px, batch ${size.batch}`;
      parts.push(`**${title}**`, iterationTable(measured));
      plots.push({ title, measured: measured.filter(hasRun) });
      console.log(parts.join('\n\n'));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (!write) return;
  writeBetween('node bench/compare-iterations.mjs', parts.join('\n\n'));
  writeFileSync(PLOT, plotIterations(plots, STAGES));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      write: { type: 'boolean' },
      plain: { type: 'boolean' },
      only: { type: 'string' },
      turns: { type: 'string' },
      device: { type: 'string', default: 'cpu' },
      batch: { type: 'string' },
    },
  });
  if (values.device !== 'cpu' && values.device !== 'cuda')
    throw new TypeError(`--device is cpu or cuda, got '${values.device}'`);
  if (values.write && (values.device !== 'cpu' || values.batch !== undefined))
    throw new TypeError('--write is for the CPU and the sizes that the page has');
  if (values.device === 'cuda' && environment().cuda.length === 0)
    throw new Error('LibTorch sees no CUDA device; npx genseg doctor tells more');
  await compareIterations({
    python: process.env.PYTHON ?? '/usr/bin/python3',
    ...(values.turns !== undefined && { turns: Number(values.turns) }),
    device: values.device,
    ...(values.batch !== undefined && { batch: Number(values.batch) }),
    ...(values.only !== undefined && { only: values.only.split(',').map(Number) }),
    ...(values.plain !== undefined && { alone: values.plain }),
    ...(values.write !== undefined && { write: values.write }),
  });
}
