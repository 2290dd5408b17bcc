// @ts-check
// Two long-lived processes, ours and Python's, measured in turn: both stay warm, and whatever else
// the machine does falls on both. Ratios are formed turn by turn, of neighbours in time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from 'genseg';
import { cpuSeconds, peakMemory } from './proc.mjs';

/** @typedef {{ median: number, least: number, most: number }} Spread */
/** @typedef {{ seconds: Spread[], ratio?: Spread }} Times of ours and then of Python's, if it runs */

/** A process ended before it had answered; `signal` is null where it ended by itself. */
export class EndedError extends Error {
  /**
   * @param {string} message
   * @param {string | null} signal
   */
  constructor(message, signal) {
    super(message);
    this.signal = signal;
  }
}

/** A child process that answers requests, one line of JSON each. */
export class Worker {
  #process;
  #answers;
  #closed;

  /**
   * @param {string} program
   * @param {string} script in bench/children
   * @param {{ tuned?: boolean }} [options] tuned: with waiting threads as ours has them, not as OpenMP does unasked
   */
  constructor(program, script, { tuned = true } = {}) {
    const path = fileURLToPath(new URL(`../children/${script}`, import.meta.url));
    // GNU OpenMP's busy waiting would take the cores from the other half, and on two cores makes Python's slower too;
    // ours sets the same itself.
    const waiting = tuned ? { OMP_WAIT_POLICY: 'passive', GOMP_SPINCOUNT: '2000' } : {};
    const env = { ...process.env, ...waiting };
    this.#process = spawn(program, [path], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#closed = once(this.#process, 'close');
  }

  /**
   * @param {string} action
   * @param {object} [request]
   */
  async ask(action, request = {}) {
    this.#process.stdin.write(`${JSON.stringify({ action, ...request })}\n`);
    const { value, done } = await this.#answers.next();
    if (!done) return JSON.parse(value);
    const [, signal] = await this.#closed;
    throw new EndedError(`${this.#process.spawnargs.join(' ')} ended during '${action}'`, signal);
  }

  /** From now on it is this process that Linux ends where the machine has no memory left. */
  yieldMemory() {
    writeFileSync(`/proc/${this.#process.pid}/oom_score_adj`, '1000');
  }

  /** Seconds of processor time so far, of all threads. */
  cpuSeconds() {
    return cpuSeconds(this.#process.pid);
  }

  /** Most bytes of memory that the process has held at once. */
  peakMemory() {
    return peakMemory(this.#process.pid);
  }

  async end() {
    this.#process.stdin.end();
    await this.#closed;
  }
}

/**
 * Runs `body` with fresh processes: ours, and Python's if there is one.
 * @template T
 * @param {string | undefined} python
 * @param {(workers: Worker[]) => Promise<T>} body
 */
export async function withWorkers(python, body) {
  const workers = [new Worker(process.execPath, 'worker.mjs')];
  if (python) workers.push(new Worker(python, 'worker.py'));
  try {
    return await body(workers);
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}

/**
 * Measures the workers in turn, each going first every other time.
 * @param {Worker[]} workers
 * @param {number} turns
 * @param {(worker: Worker) => Promise<number>} measure seconds
 * @returns {Promise<Times>}
 */
export async function compare(workers, turns, measure) {
  const seconds = workers.map(() => /** @type {number[]} */ ([]));
  for (let turn = 0; turn < turns; turn++) {
    const order = turn % 2 === 0 ? workers : workers.toReversed();
    for (const worker of order) seconds[workers.indexOf(worker)].push(await measure(worker));
  }
  const [ours, python] = seconds;
  return {
    seconds: seconds.map(spread),
    ratio: python && spread(ours.map((s, turn) => s / python[turn])),
  };
}

/**
 * @param {number[]} values
 * @returns {Spread}
 */
const spread = (values) => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
});
