// @ts-check
// What becomes of the feedback when the architecture takes its step more or less often: the same trainings with
// other intervals between hypergradients. Half an hour on one core; the images are those that training may see.
//
//   node bench/interval.mjs             prints it
//   node bench/interval.mjs --write     also into docs/evidence/intervals.md

import { parseArgs } from 'node:util';
import { configure, noGrad, scope } from '@genseg/torch';
import {
  genseg,
  inspect,
  loadCases,
  meanDice,
  noProgress,
  PairSet,
  presets,
  Session,
  separate,
  splitCases,
  Trainer,
  unet,
} from 'genseg';
import { machineLine, table, writeBetween } from './lib/report.mjs';

const { write = false } = parseArgs({ options: { write: { type: 'boolean' } } }).values;
const SIDE = 64; // px
const SEEDS = [0, 1, 2, 3];
const LABELS = 10;
/** Segmentation steps between hypergradients; none: the generator is trained beforehand. */
const INTERVALS = [null, 48, 24, 6, 2];
configure({ threads: 1 });

/** @typedef {{ own: number, other: number, seconds: number }} Outcome */

/** @param {string} domain */
const casesOf = async (domain) =>
  (await inspect(new URL(`../examples/nuclei/${domain}/train`, import.meta.url).pathname)).manifest;
/** @param {import('genseg').Manifest} manifest @param {readonly import('genseg').Case[]} cases */
const pairsOf = async (manifest, cases) =>
  PairSet.from(await loadCases(cases, manifest, { size: { width: SIDE, height: SIDE } }), 'cpu');

const [own, other] = [await casesOf('purple-white'), await casesOf('fluorescence')];
const elsewhere = await pairsOf(other, other.cases);

/** @param {Session} session @param {PairSet} pairs */
const diceOn = ({ average, task }, pairs) =>
  scope(() =>
    noGrad(() => {
      const { image, mask } = pairs.all();
      return meanDice(average.forward(image), mask, task);
    }),
  );

/**
 * @param {{ train: PairSet, validation: PairSet, unseen: PairSet }} pairs @param {number} seed
 * @param {number | null} interval @returns {Promise<Outcome>}
 */
async function trained({ train, validation, unseen }, seed, interval) {
  const { recipe: preset } = presets.fast;
  const recipe =
    interval === null ? preset : { ...preset, architecture: { ...preset.architecture, interval } };
  const session = new Session(
    {
      ...{ method: interval === null ? separate : genseg, family: unet, recipe, seed, size: SIDE },
      ...{ channels: 1, classes: 2, device: 'cpu', precision: 'bf16' },
    },
    { train, validation },
  );
  /** @type {{ own: number, other: number } | null} */
  let kept = null;
  const trainer = new Trainer(session, validation, noProgress(), {
    emit() {},
    checkpoint() {},
    keepBest: () => {
      kept = { own: diceOn(session, unseen), other: diceOn(session, elsewhere) };
    },
    interrupted: () => false,
  });
  const start = process.cpuUsage();
  await trainer.run();
  const { user, system } = process.cpuUsage(start);
  session.dispose();
  if (!kept) throw new Error('nothing was kept');
  return {
    .../** @type {{ own: number, other: number }} */ (kept),
    seconds: (user + system) / 1e6,
  };
}

/** @type {Outcome[][]} by interval, then seed */
const outcomes = INTERVALS.map(() => []);
for (const seed of SEEDS) {
  const { train, validation, test } = splitCases(own, { labels: LABELS, seed });
  const pairs = {
    train: await pairsOf(own, train),
    validation: await pairsOf(own, validation),
    unseen: await pairsOf(own, test),
  };
  for (const [i, interval] of INTERVALS.entries()) {
    outcomes[i].push(await trained(pairs, seed, interval));
    const { own, other, seconds } = outcomes[i][outcomes[i].length - 1];
    console.error(
      `seed ${seed}, interval ${interval}: ${own.toFixed(3)}, ${other.toFixed(3)}, ${seconds.toFixed(0)} s`,
    );
  }
  for (const one of Object.values(pairs)) one.dispose();
}
elsewhere.dispose();

/** @param {number[]} values */
const mean = (values) => values.reduce((a, b) => a + b) / values.length;
/** @param {number[]} values */
const listed = (values) => values.map((value) => value.toFixed(3)).join(' ');
const found = table(
  ['interval', 'in domain', 'its draws', 'other domain', 'its draws', 'processor time, s'],
  INTERVALS.map((interval, i) => {
    const runs = outcomes[i];
    return [
      interval === null ? 'none (`separate`)' : `${interval}`,
      mean(runs.map(({ own }) => own)).toFixed(3),
      listed(runs.map(({ own }) => own)),
      mean(runs.map(({ other }) => other)).toFixed(3),
      listed(runs.map(({ other }) => other)),
      mean(runs.map(({ seconds }) => seconds)).toFixed(0),
    ];
  }),
);
console.log(found);

if (write)
  writeBetween(
    'node bench/interval.mjs --write',
    `${LABELS} labelled micrographs of stained tissue at ${SIDE} px, preset \`fast\` (480 steps) in bf16, ${SEEDS.length} draws. ${machineLine()}\n\n${found}`,
    new URL('../docs/evidence/intervals.md', import.meta.url),
  );
