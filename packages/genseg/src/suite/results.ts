/** The results of a suite in one file: results.json with every case, results.csv with a row for each test set. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError } from '../errors.ts';
import {
  type Cell as CsvCell,
  csvText,
  quoted,
  writeFileAtomic,
  writeJsonAtomic,
} from '../run/index.ts';
import { readRecord, recordSchema } from './records.ts';
import type { PlannedCell } from './run-cells.ts';
import { type Suite, shown } from './suite.ts';

const cellSchema = z.object({
  id: z.string(),
  task: z.string(),
  variant: z.string(),
  model: z.string(),
  method: z.string(),
  labels: z.number(),
  seed: z.number(),
  record: recordSchema.nullable(),
});

const resultsSchema = z.object({
  format: z.literal('genseg-suite/1'),
  suite: z.string(),
  subject: z.string(),
  methods: z.array(z.string()),
  /** When it was written, and on what. */
  date: z.string(),
  machine: z.string(),
  cells: z.array(cellSchema),
});

export type SuiteResults = z.output<typeof resultsSchema>;
export type SuiteCell = SuiteResults['cells'][number];

export const resultPaths = (out: string) => ({
  json: join(out, 'results.json'),
  csv: join(out, 'results.csv'),
});

/** Whether a folder is that of a suite. */
export const isSuiteFolder = (folder: string): boolean => existsSync(resultPaths(folder).json);

export function readResults(out: string): SuiteResults {
  const { json } = resultPaths(out);
  const parsed = resultsSchema.safeParse(JSON.parse(readFileSync(json, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new DataError(
    `${json} is not what this version writes (${parsed.error.issues[0].path.join('.')}); run genseg bench again`,
  );
}

/** Writes both files from the cells' records. A record of other inputs does not count. */
export function writeResults(
  suite: Suite,
  planned: readonly PlannedCell[],
  { out, machine, now }: { out: string; machine: string; now: Date },
): void {
  const cells = planned.map(({ cell, inputs, state }): SuiteCell => {
    const { id, task, variant, model, method, labels, seed } = cell;
    const record = readRecord(out, cell);
    const counts = state === 'done' || record?.inputs.hash === inputs.hash;
    return {
      ...{ id, task, variant, model, method, labels, seed },
      record: counts ? record : null,
    };
  });
  const { json, csv } = resultPaths(out);
  const results: SuiteResults = {
    format: 'genseg-suite/1',
    ...{ suite: suite.name, subject: suite.subject, methods: [...suite.methods] },
    ...{ date: now.toISOString().slice(0, 10), machine, cells },
  };
  writeJsonAtomic(json, results);
  writeFileAtomic(csv, csvText(header, cells.flatMap(rowsOf)));
}

const header = [
  ...['task', 'labels', 'variant', 'model', 'method', 'seed', 'state', 'set', 'cases'],
  ...['dice', 'dice low', 'dice high', 'jaccard', 'hd95'],
  ...['steps', 'images', 'train seconds', 'seconds', 'code', 'command'],
];

/** A row for each test set; one for a cell without a result. */
function rowsOf({ record, ...cell }: SuiteCell): CsvCell[][] {
  const { task, labels, variant, model, method, seed } = cell;
  const key = [task, labels, variant, model, method, seed];
  const command = record ? commandText(record.command) : '';
  const code = record?.inputs.code ?? '';
  if (!record?.result) {
    const state = record?.error ? `failed: ${record.error}` : record ? 'begun' : 'missing';
    return [[...key, state, ...Array(11).fill(undefined), code, command]];
  }
  const { sets, cost } = record.result;
  const { steps, images } = cost.updates.segmentation;
  const { pretrain = 0, train = 0, evaluate = 0 } = cost.seconds;
  return Object.entries(sets).map(([set, { cases, mean, ci95 }]) => [
    ...[...key, 'done', set, cases.length],
    ...[mean.dice, ...ci95.dice, mean.jaccard, mean.hd95].map((value) => value ?? undefined),
    ...[steps, images, pretrain + train, pretrain + train + evaluate, code, command],
  ]);
}

/** A command as one would type it here. */
export const commandText = (args: readonly string[]): string =>
  ['genseg', ...args.filter((arg) => arg !== '--json').map((arg) => quoted(shown(arg)))].join(' ');
