/**
 * Has child processes (child.mjs) make wrong calls, and goes on after each that ends its process. What a
 * child did until then, it noted in a file: target, call, calls made and errors so far.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
const PATIENCE_MS = 30_000; // with one call

/**
 * @typedef {object} Outcome
 * @property {number} made calls
 * @property {number} errors of them, ended in a JavaScript error
 * @property {number} live tensors at the end
 * @property {string[]} crashes operator, call and how the process ended
 * @property {string[]} improper errors of no class of ours
 * @property {string[]} heavy operators that took much memory beside that of tensors
 */

/**
 * @param {string[]} operators names, those of exports as 'native.at'
 * @param {number} calls of each
 * @param {number} processes among which the operators are dealt
 * @returns {Promise<Outcome>}
 */
export async function misuse(operators, calls, processes = 2) {
  const folder = mkdtempSync(join(tmpdir(), 'genseg-misuse-'));
  /** @type {Outcome} */
  const outcome = { made: 0, errors: 0, live: 0, crashes: [], improper: [], heavy: [] };
  try {
    await Promise.all(
      Array.from({ length: processes }, (_, part) =>
        finish(
          operators.filter((_, k) => k % processes === part),
          calls,
          join(folder, `progress-${part}`),
          outcome,
        ),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
  return outcome;
}

/**
 * All calls of the operators, in as many processes as that takes.
 * @param {string[]} operators
 * @param {number} calls
 * @param {string} progressFile
 * @param {Outcome} outcome is added to
 */
async function finish(operators, calls, progressFile, outcome) {
  let targets = operators.map((operator) => ({ operator, from: 0 }));
  while (targets.length > 0) {
    writeFileSync(progressFile, Int32Array.of(-1, 0, 0, 0));
    const { report, end } = await runChild({ targets, calls, progressFile });
    if (report) {
      for (const key of /** @type {const} */ (['made', 'errors', 'live']))
        outcome[key] += report[key];
      outcome.improper.push(...report.improper);
      outcome.heavy.push(...report.heavy);
      return;
    }
    const [index, k, made, errors] = readProgress(progressFile);
    if (index < 0) throw new Error(`a child process ended before its first call: ${end}`);
    outcome.made += made;
    outcome.errors += errors;
    const { operator } = targets[index];
    outcome.crashes.push(`${operator} ${k}: ${end}`);
    targets = [{ operator, from: k + 1 }, ...targets.slice(index + 1)];
  }
}

/** @param {string} file */
function readProgress(file) {
  const { buffer } = Uint8Array.from(readFileSync(file));
  return new Int32Array(buffer);
}

/**
 * @param {{ targets: { operator: string, from: number }[], calls: number, progressFile: string }} request
 * @returns {Promise<{ report?: Outcome, end: string }>} its report, or how it ended without one
 */
function runChild(request) {
  return new Promise((resolve) => {
    const child = fork(CHILD, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    let [report, lastWords, before] = [undefined, '', ''];
    const watch = setInterval(() => {
      const now = String(readProgress(request.progressFile));
      if (now === before) child.kill('SIGKILL');
      before = now;
    }, PATIENCE_MS);
    child.stderr?.on('data', (text) => {
      lastWords = (lastWords + text).slice(-300);
    });
    child.on('message', (message) => {
      report = message;
    });
    child.on('close', (code, signal) => {
      clearInterval(watch);
      resolve({ report, end: `${signal ?? `exit code ${code}`} ${lastWords.trim()}` });
    });
    child.send(request);
  });
}
