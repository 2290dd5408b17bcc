/** Scores as tables of text, for the terminal. */
import { type MetricName, metricNames } from '../metrics/index.ts';
import { type Contrast, compareRuns, secondLabel, verdicts } from './compare-runs.ts';
import { fixed, pValue, signed } from './format.ts';
import { readRun } from './run-record.ts';
import type { SetResult } from './set-result.ts';
import { isLength, labelled, metricTitle } from './words.ts';

/** The scores of one run on its test sets. */
export function formatResult({
  run,
  sets,
}: {
  run: string;
  sets: Readonly<Record<string, SetResult>>;
}): string {
  const rows = Object.entries(sets).map(([set, result]) => ({ cells: [set], result }));
  return rows.length > 0
    ? scoreTable(['test set'], rows)
    : `no test set: name one with genseg evaluate ${run} <data>`;
}

/** Several runs side by side, their paired differences, and whether GenSeg helped. */
export function formatComparison(roots: readonly string[]): string {
  const runs = labelled(roots.map((root) => readRun(root)));
  const names = [...new Set(runs.flatMap(({ sets }) => [...sets.keys()]))];
  const rows = names.flatMap((set) =>
    runs
      .filter(({ sets }) => sets.has(set))
      .map(({ label, sets }) => ({ cells: [set, label], result: sets.get(set)! })),
  );
  const contrasts = compareRuns(runs);
  const differences = contrasts.map((contrast) => [
    contrast.set,
    `${contrast.first.label} - ${secondLabel(contrast)}`,
    ...differenceCells(contrast.result),
  ]);
  const paired = ['test set', 'paired difference', 'Dice [95 % interval]', 'Wilcoxon, Holm'];
  return [
    rows.length > 0 ? scoreTable(['test set', 'model'], rows) : 'nothing was evaluated',
    differences.length > 0 && table([paired, ...differences]),
    ...verdicts(contrasts).map(({ set, kind, sentence }) => `${set}: ${kind}. ${sentence}`),
  ]
    .filter((part) => part !== false)
    .join('\n\n');
}

const differenceCells = (result: Contrast['result']): string[] =>
  result
    ? [
        `${signed(result.difference)} ${interval(result.ci95.map((end) => signed(end)))}`,
        pValue(result.adjustedP),
      ]
    : ['tested on different cases', ''];

interface ScoreRow {
  readonly cells: readonly string[];
  readonly result: SetResult;
}

/** Dice with its interval and the other means; with several classes the Dice of each. */
function scoreTable(heads: readonly string[], rows: readonly ScoreRow[]): string {
  const rest = metricNames.filter((name) => name !== 'dice');
  const { result: first } = rows[0];
  const classes = Object.keys(first.classes ?? {});
  const header = [
    ...heads,
    rows.some(({ result }) => result.presence.neither > 0) ? 'cases scored' : 'cases',
    'Dice [95 % interval]',
    ...classes,
    ...rest.map((name) => metricTitle(name, first)),
  ];
  const body = rows.map(({ cells, result }) => {
    const { cases, mean, ci95, presence } = result;
    const score = (name: MetricName) => fixed(mean[name], isLength(name) ? 1 : 3);
    return [
      ...cells,
      presence.neither > 0
        ? `${cases.length - presence.neither} of ${cases.length}`
        : String(cases.length),
      `${score('dice')} ${interval(ci95.dice.map((end) => fixed(end)))}`,
      ...classes.map((name) => fixed(result.classes?.[name]?.mean.dice ?? null)),
      ...rest.map(score),
    ];
  });
  const cautions = new Set(
    rows.flatMap(({ cells, result: { caution, warnings = [] } }) => [
      ...(caution ? [caution] : []),
      ...warnings.map((text) => `${cells.join(', ')}: ${text}.`),
    ]),
  );
  return [table([header, ...body]), ...cautions].join('\n');
}

const interval = (ends: readonly string[]): string => `[${ends.join(', ')}]`;

/** Columns as wide as their widest cell, two blanks apart. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => cell.padEnd(widths[c]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
