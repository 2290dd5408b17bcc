// @ts-check
// How the cost of one GenSeg iteration grows with width, image side and batch, and that of a step of the segmentation
// model with the number of labelled images: processor time on one thread, which other work on the machine hardly changes.
//
//   node bench/growth.mjs           prints it
//   node bench/growth.mjs --write   also into docs/performance.md, with a plot

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { configure } from '@genseg/torch';
import { classTask, median, methodNamed, PairSet, presets, Session, unet } from 'genseg';
import { Worker } from './lib/pair.mjs';
import { plotGrowth } from './lib/plot.mjs';
import { precisions } from './lib/precisions.mjs';
import { machineLine, table, writeBetween } from './lib/report.mjs';

/** @typedef {{ value: number, seconds: number[], memory: number | null }} Point processor seconds in fp32 and in bf16; bytes in fp32 */
/** @typedef {{ what: string, points: Point[] }} Curve */

const PLOT = new URL('../docs/performance-growth.svg', import.meta.url);
const rates = { gan: 1e-4, segmentation: 1e-4, architecture: 1e-3 };

/** From which each curve differs in one number. */
const common = { width: 16, size: 128, batch: 4 };
/** @type {[keyof typeof common, string, number[]][]} */
const varied = [
  ['width', 'width of all networks', [8, 16, 32]],
  ['size', 'side of the images, px', [64, 128, 192]],
  ['batch', 'pairs in a batch', [1, 2, 4, 8]],
];
const labelCounts = [8, 32, 128, 512];
/** How often each is measured, after once that warms up. */
const times = 3;

/**
 * An iteration in a process of its own.
 * @param {typeof common} shape
 * @param {typeof precisions[number]} precision
 * @param {string} file where first weights go, which the benchmark beside Python needs
 */
async function iteration(shape, precision, file) {
  const worker = new Worker(process.execPath, 'iteration.mjs');
  try {
    const request = { ...shape, precision, depth: 5, layout: 'contiguous', threads: 1, rates };
    await worker.ask('prepare', { ...request, file });
    const seconds = [];
    for (let i = 0; i <= times; i++) {
      const before = worker.cpuSeconds();
      await worker.ask('iterations', { count: 1 });
      seconds.push(worker.cpuSeconds() - before);
    }
    return { seconds: median(seconds.slice(1)), memory: worker.peakMemory() };
  } finally {
    await worker.end();
  }
}

/**
 * A step of the segmentation model on as many labelled images of noise.
 * @param {number} count
 * @param {typeof precisions[number]} precision
 */
function labelledStep(count, precision) {
  const { size } = common;
  const pixels = size * size;
  const samples = Array.from({ length: count }, (_, i) => ({
    id: `${i}`,
    ...{ width: size, height: size },
    image: Float32Array.from({ length: pixels }, (_, j) => ((i + j) % 7) / 7),
    mask: Uint8Array.from({ length: pixels }, (_, j) => (i + j) % 2),
  }));
  const train = PairSet.from(samples, 'cpu');
  const validation = PairSet.from(samples.slice(0, 2), 'cpu');
  const session = new Session(
    {
      ...{ method: methodNamed('augment'), family: unet, recipe: presets.fast.recipe },
      ...{ size, channels: 1, classes: 2, task: classTask(2), seed: 0, device: 'cpu', precision },
    },
    { train, validation },
  );
  const seconds = Array.from({ length: times + 1 }, () => {
    const before = process.cpuUsage();
    session.trainStep();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  for (const owner of [session, train, validation]) owner.dispose();
  return median(seconds.slice(1));
}

/** @param {string} file @returns {Promise<Curve[]>} */
async function measure(file) {
  const curves = [];
  for (const [name, what, values] of varied) {
    /** @type {Point[]} */
    const points = [];
    for (const value of values) {
      console.error(`${what}: ${value}`);
      const found = [];
      for (const precision of precisions)
        found.push(await iteration({ ...common, [name]: value }, precision, file));
      points.push({ value, seconds: found.map((one) => one.seconds), memory: found[0].memory });
    }
    curves.push({ what, points });
  }
  configure({ threads: 1 });
  const points = labelCounts.map((value) => {
    const seconds = precisions.map((precision) => labelledStep(value, precision));
    return { value, seconds, memory: null };
  });
  return [...curves, { what: 'labelled images (a step of the segmentation model)', points }];
}

/** @param {Curve[]} curves */
const growthTable = (curves) =>
  table(
    ['', '', ...precisions.map((precision) => `${precision}, ms`), 'fp32, MiB'],
    curves.flatMap(({ what, points }) =>
      points.map(({ value, seconds, memory }) => [
        what,
        String(value),
        ...seconds.map((s) => (1000 * s).toFixed(0)),
        memory === null ? '' : (memory / 2 ** 20).toFixed(0),
      ]),
    ),
  );

const { write = false } = parseArgs({ options: { write: { type: 'boolean' } } }).values;
const folder = mkdtempSync(join(tmpdir(), 'genseg-growth-'));
try {
  const curves = await measure(join(folder, 'first.safetensors'));
  const text = `${machineLine()}\n\n${growthTable(curves)}`;
  console.log(text);
  if (write) {
    writeBetween('node bench/growth.mjs', text);
    writeFileSync(PLOT, plotGrowth(curves, precisions));
  }
} finally {
  rmSync(folder, { recursive: true });
}
