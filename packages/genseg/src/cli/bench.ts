/** genseg bench: every training of a suite, and their results in one table. */
import { mkdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { duration } from '../report/index.ts';
import { acquireLock, isLocked } from '../run/index.ts';
import {
  type Cell,
  type CellState,
  commandOf,
  commandText,
  contentHashes,
  makeDerived,
  type PlannedCell,
  readRecord,
  readSuite,
  refuseUntested,
  resultPaths,
  runCells,
  writeResults,
} from '../suite/index.ts';
import { estimateCells, planCells } from '../workflow/index.ts';
import { InterruptedError, print, say, watchInterrupt } from './io.ts';
import { wholeNumber } from './parse.ts';

export const benchCommand = new Command('bench')
  .description('run the trainings of a suite, and put their results into one table')
  .argument('<suite>', 'YAML file of the suite')
  .option('--out <folder>', 'where its runs and results lie; by default runs/bench/<suite>')
  .option(
    '--jobs <n>',
    'trainings at a time; by default as many as CPU cores',
    wholeNumber('a whole number, 1 or more', 1),
  )
  .option(
    '--dry-run',
    'only print the trainings, what is done of them, and how long the rest takes',
  )
  .option('--any-code', 'count results that another version of the code gave as done')
  .option(
    '--json',
    'print where the results lie, and how many cells failed or are unfinished, as one JSON object',
  )
  .addHelpText('after', '\nExample:\n  genseg bench suites/smoke.yaml --dry-run')
  .action(async (file, { out: given, jobs: wanted, dryRun, anyCode = false, json = false }) => {
    const out = resolve(given ?? join('runs', 'bench', nameOf(file)));
    const suite = readSuite(resolve(file), out);
    const cores = availableParallelism();
    const jobs = wanted ?? cores;
    const threads = Math.max(1, Math.floor(cores / jobs));
    const contentOf = contentHashes();
    const lock = join(out, 'bench.lock');
    using _lock = dryRun ? null : lockFolder(out, lock);
    // A dry run may look on while another bench works here, and changes nothing under it.
    if (!dryRun || !isLocked(lock)) await makeDerived(suite, out, contentOf);
    const planned = await planCells(suite, { out, anyCode, contentOf });
    const toDo = planned.filter(({ state }) => state !== 'done');
    await refuseUntested(
      suite,
      toDo.map(({ cell }) => cell),
    );
    if (dryRun) {
      print(await dryRunText(planned, { out, threads, jobs }));
      return;
    }
    const table = () => writeResults(suite, planned, { out, machine: machine(), now: new Date() });
    const unfinishedIds: string[] = [];
    using interrupt = watchInterrupt();
    const finished = await runCells(planned, {
      ...{ out, program, jobs, threads },
      ...progress(planned, { table, unfinishedIds }),
      interrupted: interrupt.interrupted,
      onStop: interrupt.onSignal,
    });
    table();
    if (!finished) throw new InterruptedError(`stopped; go on with: genseg bench ${file}`);
    const failed = planned.filter(({ cell }) => readRecord(out, cell)?.error);
    for (const { cell } of failed) say(`${cell.id} failed: ${readRecord(out, cell)!.error}`);
    if (unfinishedIds.length > 0)
      say(`unfinished: ${unfinishedIds.join(', ')}; go on with: genseg bench ${file}`);
    if (failed.length + unfinishedIds.length > 0) process.exitCode = 1;
    const paths = resultPaths(out);
    print(
      json
        ? {
            ...paths,
            ...{ failed: failed.length, unfinished: unfinishedIds.length, cells: planned.length },
          }
        : endText(paths.csv, out),
    );
  });

function lockFolder(out: string, lock: string): Disposable {
  mkdirSync(out, { recursive: true });
  return acquireLock(lock);
}

const program = [process.execPath, fileURLToPath(new URL('../../bin/genseg.js', import.meta.url))];

const nameOf = (file: string): string =>
  file
    .split(/[/\\]/)
    .at(-1)!
    .replace(/\.ya?ml$/, '');

const machine = (): string => `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`;

const endText = (csv: string, out: string): string => `results: ${csv}\nnext: genseg report ${out}`;

const stateWords: Readonly<Record<CellState, string>> = {
  done: 'done',
  begun: 'goes on',
  failed: 'failed, again',
  changed: 'changed, again',
  new: 'to do',
};

/** One line for each cell with its command, and the time that those to do will take. */
async function dryRunText(
  planned: readonly PlannedCell[],
  { out, threads, jobs }: { out: string; threads: number; jobs: number },
): Promise<string> {
  const lines = planned.map(
    ({ cell, state }) =>
      `${stateWords[state].padEnd(14)}  ${commandText(commandOf(out, cell, threads))}`,
  );
  const left = planned.filter(({ state }) => state !== 'done');
  const { total, each } = await estimateCells(
    left.map(({ cell }) => cell),
    { threads, measuring: (kind) => say(`measuring ${kind}`) },
  );
  const per = [...each].map(([kind, seconds]) => `${kind}: ${duration(seconds)}`);
  return [
    ...lines,
    `${planned.length} cells, ${planned.length - left.length} done`,
    ...(left.length > 0
      ? [
          ...per,
          `about ${duration(total / jobs)} with ${jobs} at a time, ${threads} thread${threads > 1 ? 's' : ''} each; measured one at a time`,
        ]
      : []),
  ].join('\n');
}

/**
 * A line when a cell begins, one when it ends, with the time that the rest will take; and the table so far.
 * @param unfinishedIds takes the ids of the cells that are left as they are.
 */
function progress(
  planned: readonly PlannedCell[],
  { table, unfinishedIds }: { table: () => void; unfinishedIds: string[] },
) {
  const total = planned.length;
  let done = planned.filter(({ state }) => state === 'done').length;
  const started = performance.now();
  const before = done;
  return {
    started: (cell: Cell) => say(`${cell.id}: begins`),
    ended: (cell: Cell, error: string | null, seconds: number) => {
      done++;
      table();
      const each = (performance.now() - started) / 1000 / (done - before);
      const toDo = total - done - unfinishedIds.length;
      const left = toDo > 0 ? `, about ${duration(each * toDo)} left` : '';
      const outcome = error === null ? duration(seconds) : `failed: ${error}`;
      say(`[${done}/${total}] ${cell.id}: ${outcome}${left}`);
    },
    unfinished: ({ id }: Cell, why: string) => {
      unfinishedIds.push(id);
      table();
      say(`${id} is unfinished: ${why}`);
    },
  };
}
