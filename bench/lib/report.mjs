// @ts-check
// What the benchmark found, as Markdown tables, which a terminal shows as well as a browser.

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { plot } from './plot.mjs';

/** @typedef {import('./pair.mjs').Times} Times */
/** @typedef {{ width: number, precision: string, layout: string, threads: number }} Step */
/** @typedef {{ name: string, times: Times }} OperatorResult */
/** @typedef {Step & { times: Times, memory: number[], operations: number }} StepResult most bytes of ours, of Python's; operations of a step */
/** @typedef {{ runtime: string, libtorch: string, cpu: { capability: string, bf16: boolean } }} About */

const DOCUMENT = new URL('../../docs/performance.md', import.meta.url);
const PLOT = new URL('../../docs/performance.svg', import.meta.url);
const END = '<!-- up to here -->';

/** @param {About[]} about ours, and Python's if it runs */
export function machineText([ours, python]) {
  const [{ model }] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const { capability, bf16 } = ours.cpu;
  const today = new Date().toISOString().slice(0, 10);
  return [
    `- ${model}, ${cpus().length} cores, ${memory} GiB; LibTorch's kernels: ${capability}`,
    `- the processor has ${bf16 ? '' : 'no '}bfloat16 arithmetic${bf16 ? '' : ': bf16 is left out'}`,
    `- ours: ${ours.runtime}, LibTorch ${ours.libtorch}`,
    `- Python's: ${python ? `${python.runtime}, torch ${python.libtorch}` : 'not measured'}`,
    `- ${today}; load average before the run ${loadavg()[0].toFixed(1)}`,
  ].join('\n');
}

/** @param {OperatorResult[]} results */
export function operatorTable(results) {
  return table(
    ['call', 'ours, µs', 'Python, µs', 'ratio', 'least to most'],
    results.map(({ name, times }) => [name, ...timeCells(times, 1e6, 2)]),
  );
}

/** @param {Step} step */
export const stepName = ({ width, precision, layout, threads }) =>
  `${width}, ${precision}, ${layout}, ${threads} thread${threads > 1 ? 's' : ''}`;

/** @param {StepResult[]} results */
export function stepTable(results) {
  return table(
    [
      'U-Net width',
      'ours, ms',
      'Python, ms',
      'ratio',
      'least to most',
      'ours, GFLOP/s',
      'ours, MiB',
      'Python, MiB',
      'ratio',
    ],
    results.map(({ times, memory: [ours, python], operations, ...step }) => [
      stepName(step),
      ...timeCells(times, 1e3, 0),
      number(operations / times.seconds[0].median / 1e9, 0),
      ...[ours, python].map((bytes) => number(bytes / 2 ** 20, 0)),
      number(ours / python, 2),
    ]),
  );
}

/** Processor, cores and date, in one line. */
export const machineLine = () =>
  `${cpus()[0].model}, ${cpus().length} cores; ${new Date().toISOString().slice(0, 10)}`;

/**
 * Puts text into docs/performance.md, or another page, in place of what the same command wrote there.
 * @param {string} command
 * @param {string} text
 */
export function writeBetween(command, text, page = DOCUMENT) {
  const document = readFileSync(page, 'utf8');
  const begin = `<!-- written by ${command} -->`;
  const start = document.indexOf(begin);
  if (start < 0) throw new Error(`${page.pathname} has no line ${begin}`);
  const rest = document.slice(document.indexOf(END, start));
  writeFileSync(page, `${document.slice(0, start)}${begin}\n\n${text}\n\n${rest}`);
}

/**
 * Puts machine, tables and plot in place of the last ones in docs/.
 * @param {string} machine
 * @param {OperatorResult[]} operators
 * @param {StepResult[]} steps
 */
export function writeReport(machine, operators, steps) {
  const found = [machine, operatorTable(operators), stepTable(steps)].join('\n\n');
  writeBetween('npm run bench', found);
  writeFileSync(PLOT, plot(steps.map((step) => ({ ...step, name: stepName(step) }))));
}

/**
 * @param {Times} times
 * @param {number} scale of seconds
 * @param {number} digits
 */
function timeCells({ seconds: [ours, python], ratio }, scale, digits) {
  return [
    number(ours.median * scale, digits),
    number(python?.median * scale, digits),
    number(ratio?.median ?? Number.NaN, 2),
    ratio ? `${number(ratio.least, 2)} to ${number(ratio.most, 2)}` : '',
  ];
}

/**
 * Nothing for NaN, which is what became of a value that was not measured.
 * @param {number} value
 * @param {number} digits
 */
const number = (value, digits) => (Number.isNaN(value) ? '' : value.toFixed(digits));

/**
 * @param {string[]} heading
 * @param {string[][]} rows text in the first column, numbers in the others
 */
export function table(heading, rows) {
  const widths = heading.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column])].map((cell) => cell.length)),
  );
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [heading, rule, ...rows].map(line).join('\n');
}
