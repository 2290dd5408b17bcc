// @ts-check
// What a prediction costs: images a second one by one with the model as it was trained, against as `genseg predict`
// does it, and what the command takes beyond the start of the process. Also the time to the first step of a training.
//
//   node bench/predict.mjs             prints it: two minutes
//   node bench/predict.mjs --write     also into docs/performance.md
//   node bench/predict.mjs --quick     the small net alone, a few turns

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { autocast, configure, environment, Generator, noGrad, scope } from '@genseg/torch';
import {
  classTask,
  familyNamed,
  foldNorms,
  imageFeatures,
  median,
  predict,
  predictAll,
  predictViews,
} from 'genseg';
import sharp from 'sharp';
import { imagesAtOnce } from '../packages/genseg/dist/workflow/ahead.js';
import { judge } from '../packages/genseg/dist/workflow/trust.js';
import { cpuSeconds } from './lib/proc.mjs';
import { machineLine, table, writeBetween } from './lib/report.mjs';

/** @typedef {{ wall: number, cpu: number }} Cost seconds; of all threads */
/** @typedef {{ name: string, run: () => void }} Variant */

const root = fileURLToPath(new URL('..', import.meta.url));
const genseg = join(root, 'packages/genseg/bin/genseg.js');
const lungs = join(root, 'examples/lungs');
/** Of the presets `fast` and `paper`. */
const nets = [
  {
    width: 16,
    size: 128,
    images: 4,
    turns: 3,
    models: ['unet', 'deeplabv3', 'resunet', 'swin-unet'],
  },
  { width: 64, size: 256, images: 1, turns: 2, models: ['unet'] },
];

/** @param {() => void} body @returns {Cost} */
function costOf(body) {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  body();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}

/**
 * Gray images of 512 px to masks; all ways in turn.
 * @param {string} name @param {typeof nets[number]} net
 */
function measureNet(name, { width, size, images, turns }, withViews = false) {
  process.stderr.write(`prediction, ${name} ${width} ...\n`);
  const generator = new Generator(0);
  const build = () =>
    familyNamed(name)
      .build(1, 1, { width, size, generator, dropoutGenerator: generator, device: 'cpu' })
      .eval();
  const [trained, folded] = [build(), build()];
  if (foldNorms(folded) > 0) folded.to({ memoryFormat: 'channelsLast' });
  const samples = Array.from({ length: images }, (_, k) => ({
    ...{ width: 512, height: 512 },
    image: Float32Array.from({ length: 512 ** 2 }, (_, i) => ((i * (k + 7)) % 255) / 255),
  }));
  const atOnce = imagesAtOnce(size);
  const inBatches = () => {
    for (let i = 0; i < images; i += atOnce)
      predictAll(folded, samples.slice(i, i + atOnce), { size });
  };
  const task = classTask(2);
  const model = /** @type {any} */ ({ model: folded, info: { size }, task });
  const inViews = () => {
    for (const image of samples)
      judge(model, [{ image, size: image }], { fast: false, domain: null });
  };
  const bf16 = environment().cpu.bf16;
  /** @type {Variant[][]} */
  const groups = [
    [
      {
        name: 'as trained, one by one',
        run: () => {
          for (const sample of samples) predict(trained, sample, { size, task });
        },
      },
      { name: 'now', run: inBatches },
      ...(bf16 ? [{ name: 'now, bf16', run: () => autocast(inBatches) }] : []),
    ],
    [
      {
        name: 'as trained; mask, views and features apart',
        run: () => {
          for (const sample of samples) {
            predict(trained, sample, { size, task });
            predictViews(trained, sample, { size, task });
            imageFeatures(trained, sample, { size });
          }
        },
      },
      { name: 'now, with what a mask may be trusted with', run: inViews },
    ],
  ];
  const rows = groups.slice(0, withViews ? 2 : 1).flatMap((variants) => {
    const costs = inTurn(variants, turns);
    const perImage = costs.map(({ cpu }) => cpu / images);
    return variants.map((variant, i) => [
      `${name}, width ${width}, ${size} px: ${variant.name}`,
      (1000 * perImage[i]).toFixed(1),
      (1 / perImage[i]).toFixed(1),
      (perImage[0] / perImage[i]).toFixed(2),
    ]);
  });
  for (const one of [trained, folded, generator]) one.dispose();
  return rows;
}

/** Medians; the first turn is not counted. @param {Variant[]} variants @param {number} turns @returns {Cost[]} */
function inTurn(variants, turns) {
  /** @type {Cost[][]} */
  const costs = variants.map(() => []);
  for (let turn = 0; turn <= turns; turn++) {
    for (const [i, { run }] of variants.entries()) {
      const cost = costOf(() => scope(() => noGrad(run)));
      if (turn > 0) costs[i].push(cost);
    }
  }
  return costs.map((each) => ({
    wall: median(each.map(({ wall }) => wall)),
    cpu: median(each.map(({ cpu }) => cpu)),
  }));
}

/** Makes a process say at its end what it used. */
const usage = `data:text/javascript,process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpu = (userCPUTime + systemCPUTime) / 1e6;
  process.stderr.write(JSON.stringify({ wall: performance.now() / 1000, cpu }));
});`;

/** @param {string[]} args @returns {Cost} of a command of its own */
function command(args) {
  const { status, stderr } = spawnSync(process.execPath, ['--import', usage, genseg, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`genseg ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stderr.slice(stderr.lastIndexOf('{')));
}

/** The command on one image of 512 px, beyond `genseg --version`. @param {string} folder @param {number} turns */
async function measureCommand(folder, turns) {
  process.stderr.write('genseg predict ...\n');
  const [run, image, masks] = ['run', 'one.png', 'masks'].map((name) => join(folder, name));
  const images = join(lungs, 'train/images');
  await sharp(join(images, readdirSync(images)[0]))
    .resize(512, 512)
    .png()
    .toFile(image);
  command([
    ...['train', lungs, '--out', run, '--method', 'plain', '--labels', '9'],
    ...['--iterations', '2', '--fast-test'],
  ]);
  const commands = [
    { name: '', args: ['--version'] },
    {
      name: '`genseg predict`, one image of 512 px',
      args: ['predict', run, image, '--out', masks],
    },
    { name: 'the same, `--fast`', args: ['predict', run, image, '--out', masks, '--fast'] },
  ];
  /** @type {Cost[][]} */
  const costs = commands.map(() => []);
  for (let turn = 0; turn <= turns; turn++)
    for (const [i, { args }] of commands.entries()) {
      const cost = command(args);
      if (turn > 0) costs[i].push(cost);
    }
  return commands.slice(1).map(({ name }, k) => {
    /** @param {keyof Cost} what */
    const beyond = (what) => median(costs[k + 1].map((cost, i) => cost[what] - costs[0][i][what]));
    return [name, beyond('cpu').toFixed(2), beyond('wall').toFixed(2)];
  });
}

/**
 * From the start of `genseg train` on 50 images to its first event, which the first step follows. The files are in the
 * system's cache after the first start, which is left out.
 * @param {string} folder @param {number} turns @returns {Promise<Cost[]>}
 */
async function measureFirstSteps(folder, turns) {
  process.stderr.write('first step ...\n');
  const data = join(folder, 'fifty');
  for (const kind of ['images', 'masks']) {
    mkdirSync(join(data, kind), { recursive: true });
    const from = join(lungs, 'test', kind);
    for (const name of readdirSync(from).sort().slice(0, 50))
      symlinkSync(join(from, name), join(data, kind, name));
  }
  const costs = [];
  for (let turn = 0; turn <= turns; turn++)
    costs.push(await firstStep(data, join(folder, `first-${turn}`)));
  return costs.slice(1);
}

/** @param {string} data @param {string} run @returns {Promise<Cost>} */
async function firstStep(data, run) {
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [genseg, 'train', data, '--out', run, '--method', 'plain'],
    {
      stdio: 'ignore',
    },
  );
  const ended = new Promise((done) => child.once('exit', done));
  while (!existsSync(join(run, 'events.jsonl')) && child.exitCode === null)
    await new Promise((done) => setTimeout(done, 5));
  const wall = (performance.now() - start) / 1000;
  const cpu = cpuSeconds(child.pid);
  child.kill('SIGKILL');
  await ended;
  return { wall, cpu };
}

/** @param {{ write?: boolean, quick?: boolean }} options */
export async function measurePrediction({ write = false, quick = false }) {
  configure({ threads: 1 }); // so that processor time is time, and other work on the machine no part of it
  const turns = 3;
  const rows = (quick ? [{ ...nets[0], models: ['unet'], turns }] : nets).flatMap((net) =>
    net.models.flatMap((name) => measureNet(name, net, name === 'unet' && net.width === 16)),
  );
  const folder = mkdtempSync(join(tmpdir(), 'genseg-predict-'));
  try {
    const commands = await measureCommand(folder, quick ? 2 : turns);
    const starts = await measureFirstSteps(folder, quick ? 2 : 7);
    const clock = starts.map(({ wall }) => wall);
    const [least, most] = [Math.min(...clock), Math.max(...clock)].map((s) => s.toFixed(1));
    const cpu = median(starts.map((start) => start.cpu));
    const text = [
      `${machineLine()}; load average ${loadavg()[0].toFixed(1)}`,
      'One thread; images of 512 px, read already, to masks of 512 px. Images/s are by processor time: those of an idle core.',
      table(['model', 'CPU, ms an image', 'images/s', 'faster by CPU time'], rows),
      `Beyond \`genseg --version\`, on all ${cpus().length} cores:`,
      table(['command', 'CPU, s', 'wall, s'], commands),
      `From the start of \`genseg train\` on 50 images of 256 px to its first step, the start of the process included: ${median(clock).toFixed(1)} s (${least} to ${most}, ${starts.length} starts), ${cpu.toFixed(1)} s of processor time.`,
    ].join('\n\n');
    console.log(text);
    if (write) writeBetween('node bench/predict.mjs', text);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: { write: { type: 'boolean' }, quick: { type: 'boolean' } },
  });
  await measurePrediction(values);
}
