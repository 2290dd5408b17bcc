/** The runner with a program in genseg's place, whose cells do what their seed says. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { acquireLock, runPaths } from '../run/index.ts';
import { type Cell, cellPaths } from './cells.ts';
import { readRecord, stateOf } from './records.ts';
import { readResults, resultPaths, writeResults } from './results.ts';
import { type PlannedCell, runCells } from './run-cells.ts';
import type { Suite } from './suite.ts';

/**
 * Seed 0 succeeds, 1 fails, 2 waits for SIGINT and leaves a plan, as a run that can go on does. So do 3, which
 * the system kills, and 4, which ends as when somebody else sends SIGINT. 5 crashes.
 */
const fake = `
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
const [log, verb, ...rest] = process.argv.slice(2);
const of = (name) => rest[rest.indexOf(name) + 1];
const run = verb === 'resume' ? rest[0] : of('--out');
const seed = verb === 'resume' ? '0' : of('--seed');
appendFileSync(log, verb + ' ' + run.split('/').at(-1) + '\\n');
mkdirSync(join(run, 'checkpoints', 'last'), { recursive: true });
const set = { cases: [{ id: 'x', dice: 0.5 }, { id: 'y', dice: null }], mean: { dice: 0.5, hd95: null }, ci95: { dice: [null, null] } };
const cost = { updates: { segmentation: { steps: 4, images: 16 } }, seconds: { train: 2, evaluate: 1 } };
if (seed === '0') console.log(JSON.stringify({ seconds: 3, iterations: 4, cost, sets: { test: set, far: set } }));
if (seed === '1') { console.error('error: out of luck'); process.exit(1); }
if (Number(seed) >= 2) writeFileSync(join(run, 'plan.json'), '{}');
if (Number(seed) >= 3) console.error('step 5 of 10');
if (seed === '3') process.kill(process.pid, 'SIGKILL');
if (seed === '4') process.exit(130);
if (seed === '5') process.kill(process.pid, 'SIGABRT');
if (seed === '2') {
  process.on('SIGINT', () => process.exit(130));
  setInterval(() => {}, 1000);
}
`;

const cellOf = (seed: number): Cell => ({
  ...{ id: `a-5-plain-${seed}`, task: 'a', variant: 'default', model: 'unet', method: 'plain' },
  ...{ labels: 5, seed, options: { data: 'data', seed }, reads: [], threads: null },
});
const inputs = { hash: 'h', data: 'd', code: 'c' };

async function bench() {
  const out = await temporaryFolder();
  writeFileSync(join(out, 'fake.mjs'), fake);
  const log = join(out, 'log');
  const planned = (seeds: number[], hash = 'h'): PlannedCell[] =>
    seeds.map((seed) => {
      const cell = cellOf(seed);
      const now = { ...inputs, hash };
      return { cell, inputs: now, state: stateOf(readRecord(out, cell), now, { anyCode: false }) };
    });
  const ended: [string, string | null][] = [];
  const unfinished: [string, string][] = [];
  let stop = () => {};
  let stopped = false;
  const run = (cells: PlannedCell[], { jobs = 2 } = {}) =>
    runCells(cells, {
      ...{ out, jobs, threads: 1 },
      program: [process.execPath, join(out, 'fake.mjs'), log],
      started: () => {},
      ended: ({ id }, error) => ended.push([id, error]),
      unfinished: ({ id }, why) => unfinished.push([id, why]),
      interrupted: () => stopped,
      onStop: (told) => {
        stop = told;
      },
    });
  const interrupt = () => {
    stopped = true;
    stop();
  };
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  return {
    out,
    planned,
    run,
    ended,
    unfinished,
    lines,
    interrupt,
    resume: () => (stopped = false),
  };
}

test('a cell that fails leaves the others alone; those done are not run again, those failed are', async () => {
  const { out, planned, run, ended, lines } = await bench();
  expect(await run(planned([1, 0]))).toBe(true);
  expect(ended.sort()).toEqual([
    ['a-5-plain-0', null],
    ['a-5-plain-1', 'error: out of luck'],
  ]);
  expect(planned([0, 1]).map(({ state }) => state)).toEqual(['done', 'failed']);
  expect(existsSync(join(cellPaths(out, cellOf(0)).run, 'checkpoints', 'last'))).toBe(false);
  await run(planned([0, 1]));
  expect(lines().sort()).toEqual(['train a-5-plain-0', 'train a-5-plain-1', 'train a-5-plain-1']);
});

test('a cell whose inputs changed is run from the start, and its old result does not count', async () => {
  const { out, planned, run, lines } = await bench();
  await run(planned([0]));
  const stale = join(cellPaths(out, cellOf(0)).run, 'stale');
  mkdirSync(stale);
  const changed = planned([0], 'other');
  expect(changed[0].state).toBe('changed');
  const cell = cellOf(0);
  expect(stateOf(readRecord(out, cell), { ...inputs, hash: 'other' }, { anyCode: true })).toBe(
    'done',
  );
  await run(changed);
  expect(existsSync(stale)).toBe(false);
  expect(lines()).toEqual(['train a-5-plain-0', 'train a-5-plain-0']);
});

test('stopped, it starts nothing more; a cell under way stores itself and goes on the next time', async () => {
  const { planned, run, unfinished, lines, interrupt, resume } = await bench();
  const running = run(planned([2, 0]), { jobs: 1 });
  while (lines().length === 0) await new Promise((later) => setTimeout(later, 20));
  await new Promise((later) => setTimeout(later, 200)); // for its signal handler
  interrupt();
  expect(await running).toBe(false);
  expect(lines()).toEqual(['train a-5-plain-2']);
  expect(unfinished).toEqual([]); // the user knows
  expect(planned([2, 0]).map(({ state }) => state)).toEqual(['begun', 'new']);
  resume();
  await run(planned([2]));
  expect(lines().at(-1)).toBe('resume a-5-plain-2');
  expect(planned([2])[0].state).toBe('done');
});

test('a cell that a signal ended, or somebody else stopped, has not failed: it is told, and goes on', async () => {
  const { planned, run, ended, unfinished, lines } = await bench();
  expect(await run(planned([3, 4, 0]))).toBe(true);
  const goesOn = 'the next genseg bench resumes it';
  expect(unfinished.sort()).toEqual([
    ['a-5-plain-3', `ended by SIGKILL, perhaps for want of memory; ${goesOn}`],
    ['a-5-plain-4', `stopped from outside; ${goesOn}`],
  ]);
  expect(ended).toEqual([['a-5-plain-0', null]]);
  expect(planned([3, 4]).map(({ state }) => state)).toEqual(['begun', 'begun']);
  await run(planned([3, 4]));
  expect(lines().slice(-2).sort()).toEqual(['resume a-5-plain-3', 'resume a-5-plain-4']);
  expect(planned([3, 4]).map(({ state }) => state)).toEqual(['done', 'done']);
});

test('a cell that crashes has failed, with the signal and its last words', async () => {
  const { planned, run, ended, unfinished } = await bench();
  await run(planned([5]));
  expect(ended).toEqual([['a-5-plain-5', 'it crashed by SIGABRT: step 5 of 10']]);
  expect(unfinished).toEqual([]);
  expect(planned([5])[0].state).toBe('failed');
});

test('a cell that a living process is working on is left to it, whatever was said of it before', async () => {
  const { out, planned, run, ended, unfinished, lines } = await bench();
  await run(planned([1]));
  expect(planned([1])[0].state).toBe('failed');
  const { plan, lock } = runPaths(cellPaths(out, cellOf(1)).run);
  writeFileSync(plan, '{}');
  {
    using _other = acquireLock(lock);
    for (const hash of ['h', 'other']) await run(planned([1], hash));
    const why = expect.stringMatching(`^process ${process.pid} on .*; wait for it or stop it`);
    expect(unfinished).toEqual([
      ['a-5-plain-1', why],
      ['a-5-plain-1', why],
    ]);
    expect([ended.length, lines().length, existsSync(plan)]).toEqual([1, 1, true]);
  }
  expect(planned([1])[0].state).toBe('begun');
  await run(planned([1]));
  expect(lines().at(-1)).toBe('resume a-5-plain-1');
});

test('the table has a row for each test set, and one for a cell without a result', async () => {
  const { out, planned, run } = await bench();
  await run(planned([0, 1]));
  const suite = { name: 's', subject: 'plain', methods: ['plain'] } as unknown as Suite;
  const now = new Date(Date.UTC(2026, 0, 2));
  writeResults(suite, planned([0, 1, 3]), { out, machine: 'm', now });
  const rows = readFileSync(resultPaths(out).csv, 'utf8').trim().split('\n');
  expect(rows[0]).toMatch(/^task,labels,variant,model,method,seed,state,set,cases,dice,/);
  expect(rows).toHaveLength(1 + 2 + 1 + 1);
  expect(rows[1]).toMatch(/^a,5,default,unet,plain,0,done,test,2,0\.5,,,,,4,16,2,3,c,/);
  expect(rows[1]).toMatch(
    /genseg train data --seed 0 --out .*a-5-plain-0 --threads 1 --fast-test$/,
  );
  expect(rows[3]).toMatch(/^a,5,default,unet,plain,1,failed: error: out of luck,/);
  expect(rows[4]).toMatch(/^a,5,default,unet,plain,3,missing,/);
  const commas = (row: string) => row.split(',').length;
  expect(new Set(rows.map(commas)).size).toBe(1);
  const results = readResults(out);
  expect([results.suite, results.date, results.cells.length]).toEqual(['s', '2026-01-02', 3]);
  expect(results.cells[0].record!.result!.sets.test.cases[1].dice).toBeNull();
});
