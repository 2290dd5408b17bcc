/**
 * Trains the methods of a round one after the other (equal-steps.ts), in a process of its own that outlives the server.
 * It only runs `genseg train` and `genseg resume`; all that there is to know of a run is in its folder.
 *
 *     node round-child.js <folder of the round> <folder of the project>
 *
 * SIGINT goes to the whole process group: genseg stores a checkpoint and ends, and so does this.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { acquireLock, endOf, readEvents, runPaths, writeJsonAtomic } from 'genseg/run';
import type { TrainingOptions } from '../api.ts';
import { equalSteps, inTurn } from './equal-steps.ts';
import { errorOf, gensegProgram } from './genseg.ts';
import {
  type RoundPaths,
  type RunPlace,
  readFailures,
  readRecord,
  roundPaths,
} from './round-files.ts';

const interrupted = 130;

/** Whether this round was told to stop; genseg, which is of the same group, is told by the system. */
let stopped = false;
process.on('SIGINT', () => {
  stopped = true;
});
process.on('SIGTERM', () => {
  stopped = true;
});

function genseg(args: readonly string[], log: string): Promise<{ code: number; error: string }> {
  appendFileSync(log, `\n> genseg ${args.join(' ')}\n`);
  const child = spawn(process.execPath, [gensegProgram(), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stdout.on('data', (chunk) => appendFileSync(log, chunk));
  child.stderr.on('data', (chunk) => {
    appendFileSync(log, chunk);
    stderr = `${stderr}${chunk}`.slice(-10_000);
  });
  return new Promise((done) => {
    child.on('close', (code) => {
      const killed = stopped ? interrupted : 1; // before it listened to signals
      done({ code: code ?? killed, error: errorOf({ code, stderr }) });
    });
  });
}

/** What to call for a run as it is now; null: nothing, it is done. */
function argumentsFor(
  { method, folder }: RunPlace,
  { root, options, finish }: { root: string; options: TrainingOptions; finish: boolean },
): string[] | null {
  const paths = runPaths(folder);
  if (existsSync(paths.plan)) {
    if (isFinished(paths.events)) return null;
    return ['resume', folder, ...(finish ? ['--finish'] : [])];
  }
  if (finish) return null; // it had not begun
  rmSync(folder, { recursive: true, force: true }); // killed before it had decided anything
  const { model, size, preset, budget, iterations, validation, seed, testSets } = options;
  const given = { method, model, size, preset, budget, iterations, val: validation, seed };
  const flags = Object.entries(given).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}`, String(value)],
  );
  const tests = testSets.flatMap((name) => ['--test', join(root, 'tests', name)]);
  return ['train', root, '--out', folder, ...flags, ...tests, '--checkpoint-every', '15'];
}

function isFinished(events: string): boolean {
  return existsSync(events) && endOf(readEvents(events))?.data.reason === 'finished';
}

async function trainRound(paths: RoundPaths, root: string): Promise<number> {
  const { options: asked } = readRecord(paths)!;
  const failures = readFailures(paths);
  const runs = inTurn(asked.methods).map((method) => ({
    method,
    folder: join(paths.folder, method),
  }));
  for (const run of runs) {
    const { method } = run;
    delete failures[method];
    for (;;) {
      const finish = existsSync(paths.finish);
      if (stopped && !finish) return interrupted;
      const options = equalSteps(asked, runs);
      const args = argumentsFor(run, { root, options, finish });
      if (!args) break;
      const { code, error } = await genseg(args, paths.log);
      if (code === interrupted) continue; // once more to keep what there is, or not
      if (code !== 0) failures[method] = error;
      break;
    }
    writeJsonAtomic(paths.failed, failures);
  }
  const done = asked.methods
    .map((method) => join(paths.folder, method))
    .filter((folder) => existsSync(runPaths(folder).report));
  if (done.length > 1) {
    await genseg(['report', ...done, '--out', join(paths.folder, 'report.html')], paths.log);
  }
  return 0;
}

const [, , folder, root] = process.argv;
const paths = roundPaths(folder);
using _lock = acquireLock(paths.lock);
appendFileSync(paths.log, `round ${basename(folder)}, process ${process.pid}\n`);
process.exitCode = await trainRound(paths, root);
