// @ts-check
// The results of a suite as Markdown: scores, paired differences, what they say in words, every command.
//
// Two kinds of chance are kept apart. Which patients are tested: intervals and tests over patients, on
// each case's mean over the draws. Which images are labelled: the draws one by one, and how many of them
// agree in sign.

import { cpus } from 'node:os';
import { compare, holm, Random } from 'genseg';

/** @typedef {import('./suites.mjs').Suite} Suite */
/** @typedef {{ id: string, patient?: string, dice: number | null }} Case */
/** @typedef {Record<string, { mean: { dice: number | null } }>} Classes by name, where there are several */
/**
 * @typedef {object} Result what a cell's `genseg train --json` printed, and which cell it was
 * @property {string} method
 * @property {number} labels
 * @property {number} seed
 * @property {number} seconds
 * @property {number} iterations
 * @property {boolean} [resumed] its seconds are those of its last part
 * @property {Record<string, { cases: Case[], mean: { dice: number }, classes?: Classes }>} sets
 */

/**
 * @param {string} name
 * @param {Suite} suite
 * @param {Result[]} results
 */
export function pageOf(name, suite, results) {
  const steps = new Set(results.map(({ iterations }) => iterations));
  if (steps.size > 1) throw new Error(`cells of ${[...steps].join(' and ')} steps do not compare`);
  const expected = suite.labels.length * suite.draws * suite.methods.length;
  const machine = `${cpus()[0].model}, ${cpus().length} cores`;
  return [
    `# Evidence: ${name}`,
    `Written by \`npm run evidence -- --suite ${name} --write\` on ${machine}, ${new Date().toISOString().slice(0, 10)}. ` +
      'Every cell is `genseg train` with the same number of segmentation steps ' +
      `(${results[0]?.iterations}), fp32, one thread; \`--dry-run\` prints the commands, which give the same bits again ` +
      'on the same machine. Scores are Dice at the images’ own size.',
    ...(results.length < expected
      ? [`**${expected - results.length} of ${expected} cells are missing.**`]
      : []),
    ...suite.labels.flatMap((labels) =>
      sectionOf(
        suite,
        labels,
        results.filter((result) => result.labels === labels),
      ),
    ),
    '',
  ].join('\n\n');
}

/**
 * @param {Suite} suite
 * @param {number} labels
 * @param {Result[]} results
 */
function sectionOf(suite, labels, results) {
  const seeds = [...new Set(results.map(({ seed }) => seed))].sort((a, b) => a - b);
  const whole = seeds.filter((seed) =>
    suite.methods.every((method) => results.some((r) => r.seed === seed && r.method === method)),
  );
  const used = results.filter(({ seed }) => whole.includes(seed));
  const sets = Object.keys(used[0]?.sets ?? {});
  return [
    `## ${labels} labelled images, ${whole.length} draws`,
    ...sets.flatMap((set) => setSection(set, suite.methods, whole, used)),
  ];
}

/**
 * @param {string} set
 * @param {readonly string[]} methods
 * @param {number[]} seeds
 * @param {Result[]} results
 */
function setSection(set, methods, seeds, results) {
  /** @param {string} method */
  const drawsOf = (method) =>
    seeds.map((seed) => {
      const cell = /** @type {Result} */ (
        results.find((result) => result.method === method && result.seed === seed)
      );
      return { mean: cell.sets[set].mean.dice, cases: cell.sets[set].cases, cell };
    });
  const scores = methods.map((method) => {
    const draws = drawsOf(method);
    const cases = meanOverDraws(draws.map((draw) => draw.cases));
    const interval = compare(
      cases,
      cases.map((c) => ({ ...c, value: 0 })),
      new Random(0),
    ).ci95;
    return {
      method,
      draws: draws.map(({ mean }) => mean),
      cases,
      interval,
      seconds: median(draws.filter(({ cell }) => !cell.resumed).map(({ cell }) => cell.seconds)),
    };
  });
  const [first, ...others] = scores;
  const comparisons = others.map((other) => ({
    other,
    ...compare(first.cases, other.cases, new Random(0)),
    won: first.draws.filter((dice, i) => dice > other.draws[i]).length,
  }));
  const pValues = holm(comparisons.map(({ test }) => test.pValue));
  return [
    `### Test set \`${set}\`, ${first.cases.length} cases`,
    table(
      ['method', 'Dice [95 % over patients]', 'draws', 'sd over draws', 'median s'],
      scores.map(({ method, draws, interval, seconds }) => [
        method,
        `${score(mean(draws))} [${interval.map(score).join(', ')}]`,
        draws.map(score).join(' '),
        draws.length > 1 ? deviation(draws).toFixed(3) : '',
        seconds.toFixed(0),
      ]),
    ),
    table(
      ['paired difference', 'Dice [95 % over patients]', 'Wilcoxon, Holm', 'draws won'],
      comparisons.map(({ other, difference, ci95, won }, i) => [
        `${first.method} - ${other.method}`,
        `${signed(difference)} [${ci95.map(signed).join(', ')}]`,
        pValues[i] < 0.001 ? 'p < 0.001' : `p = ${pValues[i].toFixed(3)}`,
        `${won} of ${seeds.length}`,
      ]),
    ),
    ...classTable(set, methods, (method) => drawsOf(method).map(({ cell }) => cell)),
    comparisons
      .map(({ other, ci95, difference }, i) =>
        verdict(first.method, other.method, { ci95, difference, p: pValues[i] }),
      )
      .join(' '),
  ];
}

/**
 * Each class's mean over the draws, where there are several.
 * @param {string} set
 * @param {readonly string[]} methods
 * @param {(method: string) => Result[]} cellsOf
 */
function classTable(set, methods, cellsOf) {
  const names = Object.keys(cellsOf(methods[0])[0].sets[set].classes ?? {});
  if (names.length === 0) return [];
  const diceOf = (/** @type {Result} */ { sets }, /** @type {string} */ name) =>
    sets[set].classes?.[name].mean.dice ?? Number.NaN;
  return [
    table(
      ['mean Dice by class', ...names],
      methods.map((method) => [
        method,
        ...names.map((name) => score(mean(cellsOf(method).map((cell) => diceOf(cell, name))))),
      ]),
    ),
  ];
}

/**
 * @param {string} first
 * @param {string} other
 * @param {{ ci95: readonly [number, number], difference: number, p: number }} found
 */
function verdict(first, other, { ci95: [low, high], difference, p }) {
  const size = `${(100 * Math.abs(difference)).toFixed(1)} points`;
  if (low > 0 && p < 0.05) return `${first} is better than ${other} by ${size}.`;
  if (high < 0 && p < 0.05) return `${first} is worse than ${other} by ${size}.`;
  return `Between ${first} and ${other} these draws cannot tell.`;
}

/**
 * Each case's mean over the draws; a case that some draw could not score is left out.
 * @param {Case[][]} draws the same cases in each
 */
function meanOverDraws(draws) {
  return draws[0]
    .map(({ id, patient }) => {
      const values = draws.map(
        (cases) => cases.find((other) => other.id === id)?.dice ?? Number.NaN,
      );
      return { id, patient, value: mean(values) };
    })
    .filter(({ value }) => !Number.isNaN(value));
}

/** @param {string[]} head @param {string[][]} rows */
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** @param {number[]} values */
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** @param {number[]} values */
const deviation = (values) =>
  Math.sqrt(values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1));

/** @param {number[]} values */
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** @param {number} value */
const score = (value) => value.toFixed(3);

/** @param {number} value */
const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
