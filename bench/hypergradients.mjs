// @ts-check
// How well the methods agree with exact double backward on the real networks: cosines of hypergradients of
// the same steps, on the lungs. Ten minutes.
//
//   node bench/hypergradients.mjs             prints it
//   node bench/hypergradients.mjs --write     also into docs/evidence/hypergradients.md

import { parseArgs } from 'node:util';
import { configure, scope } from '@genseg/torch';
import {
  conjugateGradient,
  cosineSimilarity as cosine,
  finiteDifference,
  genseg,
  hypergradient,
  inspect,
  loadCases,
  neumann,
  PairSet,
  presets,
  Session,
  unet,
  unrolled,
} from 'genseg';
import { machineLine, table, writeBetween } from './lib/report.mjs';

/** @typedef {import('genseg').HypergradientMethod} HypergradientMethod */

const { write = false } = parseArgs({ options: { write: { type: 'boolean' } } }).values;
const SIDE = 64; // px
const SEEDS = [0, 1, 2, 3, 4];
const PRETRAIN = 100; // steps of the GAN
const TRAIN = 40; // steps of the segmentation model
configure({ threads: 2 });

/** @type {Record<string, HypergradientMethod>} */
const methods = {
  ...Object.fromEntries(
    [1e-4, 0.01, 0.1, 1].map((radius) => [
      `finiteDifference, R = ${radius}`,
      finiteDifference({ radius }),
    ]),
  ),
  'neumann, 1 term': neumann({ terms: 1 }),
  'neumann, 5 terms': neumann({ terms: 5 }),
  'conjugateGradient, damping 1': conjugateGradient({ damping: 1 }),
  'conjugateGradient, damping 100': conjugateGradient({ damping: 100 }),
};

/** @type {Record<string, string[]>} cosines by row, a cell a seed */
const rows = {};

const { manifest } = await inspect(new URL('../examples/lungs/train', import.meta.url).pathname);
const samples = await loadCases(manifest.cases, manifest, { size: { width: SIDE, height: SIDE } });

for (const seed of SEEDS) {
  // Every fifth image is for validation, from another one on in each seed.
  const judges = samples.filter((_, i) => (i + seed) % 5 === 0);
  const validation = PairSet.from(judges, 'cpu');
  const train = PairSet.from(
    samples.filter((sample) => !judges.includes(sample)),
    'cpu',
  );
  const session = new Session(
    {
      ...{ method: genseg, family: unet, recipe: presets.fast.recipe, seed, size: SIDE },
      ...{ channels: 1, classes: 2, device: 'cpu', precision: 'fp32' },
    },
    { train, validation },
  );
  const { engine } = session;
  if (!engine) throw new Error('genseg has an engine');
  for (let i = 0; i < PRETRAIN; i++) session.pretrainStep();
  for (let i = 0; i < TRAIN; i++) scope(() => void session.segmentation.step());

  scope(() => {
    const record = () =>
      new Map(engine.levels.map(({ problem }) => [problem, [problem.recordedStep().step]]));
    const other = record(); // before, since the weights of now are those after the step in question
    const steps = record();
    const batch = engine.upper.draw();
    const by = (/** @type {HypergradientMethod} */ method, trajectories = steps) =>
      hypergradient(engine.graph, engine.upper, method, trajectories, batch).gradients;
    const exact = by(unrolled());
    const add = (/** @type {string} */ name, /** @type {() => number} */ measure) => {
      rows[name] ??= [];
      try {
        rows[name].push(measure().toFixed(2));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        rows[name].push('curved down');
      }
      console.error(`seed ${seed}: ${name}: ${rows[name].at(-1)}`);
    };
    for (const [name, method] of Object.entries(methods))
      add(name, () => cosine(by(method), exact));
    add('unrolled, the step before', () => cosine(by(unrolled(), other), exact));
  });
  for (const owned of [session, train, validation]) owned.dispose();
}

const found = table(
  ['method', ...SEEDS.map((seed) => `seed ${seed}`)],
  Object.entries(rows).map(([name, cells]) => [name, ...cells]),
);
console.log(found);

if (write)
  writeBetween(
    'node bench/hypergradients.mjs --write',
    `Lungs at ${SIDE} px, preset \`fast\`, after ${PRETRAIN} steps of the GAN and ${TRAIN} of the segmentation model. ${machineLine()}\n\n${found}`,
    new URL('../docs/evidence/hypergradients.md', import.meta.url),
  );
