/**
 * Runs cells as processes side by side. A cell that fails leaves the others alone; one that was
 * interrupted goes on from its checkpoint the next time.
 */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { lockHolder, runPaths } from '../run/index.ts';
import { type Cell, cellPaths, commandOf } from './cells.ts';
import type { Inputs } from './inputs.ts';
import { type CellState, parseResult, readRecord, writeRecord } from './records.ts';

export interface PlannedCell {
  readonly cell: Cell;
  readonly inputs: Inputs;
  readonly state: CellState;
}

export interface RunOptions {
  readonly out: string;
  /** The program and its first arguments: node and genseg. */
  readonly program: readonly string[];
  /** Processes at a time. */
  readonly jobs: number;
  /** CPU threads of each. */
  readonly threads: number;
  readonly started: (cell: Cell) => void;
  /** @param error why there is no result; null where there is one. */
  readonly ended: (cell: Cell, error: string | null, seconds: number) => void;
  /** Told of a cell that has no outcome though nobody stopped this bench; the next one resumes it. */
  readonly unfinished: (cell: Cell, why: string) => void;
  /** Asked before each cell. */
  readonly interrupted: () => boolean;
  /** Told of a way to stop the cells under way: asks each to store a checkpoint, asked again kills it. */
  readonly onStop: (stop: () => void) => void;
}

/** Runs what is not done yet. @returns whether it came to the end of the list. */
export async function runCells(
  planned: readonly PlannedCell[],
  options: RunOptions,
): Promise<boolean> {
  const waiting = planned.filter(({ state }) => state !== 'done');
  const stops = new Set<() => void>();
  options.onStop(() => {
    for (const stop of stops) stop();
  });
  const lane = async () => {
    while (waiting.length > 0 && !options.interrupted())
      await runCell(waiting.shift()!, options, stops);
  };
  await Promise.all(Array.from({ length: options.jobs }, lane));
  return waiting.length === 0 && !options.interrupted();
}

async function runCell(
  { cell, inputs, state }: PlannedCell,
  { out, program, threads, started, ended, unfinished, interrupted }: RunOptions,
  stops: Set<() => void>,
): Promise<void> {
  const { run } = cellPaths(out, cell);
  const { checkpoints, plan, lock } = runPaths(run);
  const holder = lockHolder(lock); // perhaps left by a bench that was killed
  if (holder) {
    const known = readRecord(out, cell);
    if (known?.error) writeRecord(out, cell, { ...known, error: null });
    unfinished(
      cell,
      `process ${holder.pid} on ${holder.host} is working on it; wait for it or stop it, or delete ${lock} if it is gone`,
    );
    return;
  }
  const goesOn = state === 'begun' && existsSync(plan);
  if (!goesOn) rmSync(run, { recursive: true, force: true });
  const command = commandOf(out, cell, threads);
  const record = { inputs, command, result: null, error: null };
  writeRecord(out, cell, record);
  started(cell);
  const begun = performance.now();
  const child = launch([...program, ...(goesOn ? ['resume', run, '--json'] : command)]);
  stops.add(child.stop);
  const { code, signal, stdout, lastLine } = await child.ended;
  stops.delete(child.stop);
  const seconds = (performance.now() - begun) / 1000;
  if (code === 130 || (signal !== null && fromOutside.includes(signal))) {
    if (!interrupted()) unfinished(cell, stoppedBy(signal));
    return;
  }
  const error = code === 0 ? null : whatFailed({ code, signal, lastLine });
  writeRecord(out, cell, { ...record, result: error === null ? parseResult(stdout) : null, error });
  // Of many cells these are gigabytes, and nothing goes on from them any more.
  if (error === null) rmSync(checkpoints.last, { recursive: true, force: true });
  ended(cell, error, seconds);
}

/** What others send; any other signal is a crash of the cell itself. */
const fromOutside: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'];

const whatFailed = ({ code, signal, lastLine }: Omit<Ended, 'stdout'>): string =>
  signal === null
    ? lastLine || `it ended with ${code}`
    : [`it crashed by ${signal}`, ...(lastLine ? [lastLine] : [])].join(': ');

function stoppedBy(signal: NodeJS.Signals | null): string {
  const memory = signal === 'SIGKILL' ? ', perhaps for want of memory' : '';
  const how = signal === null ? 'stopped from outside' : `ended by ${signal}${memory}`;
  return `${how}; the next genseg bench resumes it`;
}

interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly lastLine: string;
}

/** A process in a group of its own, so that Ctrl-C reaches it once: through `stop`. */
function launch([program, ...args]: readonly string[]) {
  // What a suite says counts, and not what happens to be set around it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('GENSEG_')),
  );
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let [stdout, lastLine] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.trim() !== '') lastLine = line.trim();
  });
  const ended = new Promise<Ended>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => done({ code, signal, stdout, lastLine }));
  });
  return { ended, stop: () => void child.kill('SIGINT') };
}
