/**
 * A crash, `kill -9` or Ctrl-C at any moment leaves a run that goes on to the uninterrupted run's bits:
 * real processes, killed in every stage.
 */
import type { ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, readSafetensorsHeader } from '@genseg/torch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../src/random.ts';
import { writeReport } from '../src/report/index.ts';
import {
  type JsonObject,
  type RunEvent,
  type RunPaths,
  readEvents,
  resolveConfig,
  runPaths,
  type Settings,
  trainConfigSchema,
} from '../src/run/index.ts';
import { resume, train } from '../src/workflow/index.ts';
import { discFiles, type Ended, genseg, quick, start } from './command-line.ts';
import { hashOf } from './tiny.ts';

let home: string;
let reference: RunPaths;
const training = (out: string) => [
  ...['train', join(home, 'data'), '--out', out, '--labels', '6'],
  ...[...quick('genseg', 8), '--checkpoint-every', '0.5s'],
];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'genseg-crash-'));
  for (const [path, bytes] of Object.entries(discFiles('disc', 18))) {
    const file = join(home, 'data', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  reference = runPaths(join(home, 'whole'));
  const { code, stderr } = await genseg(...training(reference.root));
  expect(code, stderr).toBe(0);
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What a run comes to: weights, the whole training state, curves, cases and scores, file by file. */
const outcome = ({ root, checkpoints, metrics, splits }: RunPaths) => ({
  best: hashOf(join(checkpoints.best, 'model.safetensors')),
  last: hashOf(join(checkpoints.last, 'state.safetensors')),
  splits: hashOf(splits),
  curves: readFileSync(metrics, 'utf8'),
  scores: readFileSync(join(root, 'eval', 'test', 'cases.csv'), 'utf8'),
});

/** The events that tell what was computed, each once; the others tell of this or that process. */
const story = ({ events }: RunPaths) =>
  readEvents(events)
    .filter(({ type }) => ['start', 'selfcheck', 'validation', 'architecture'].includes(type))
    .map(({ type, step, data }) => ({ type, step, data }));

/** Whether a command has come so far, by the events that it has written. */
type Moment = (fresh: readonly RunEvent[]) => boolean;

/** Lets a command on a run go on until `moment` has come and `delay` ms more, then stops it. */
async function stopAt(
  paths: RunPaths,
  args: string[],
  moment: Moment,
  { delay = 0, stop }: { delay?: number; stop: (child: ChildProcess) => void | Promise<void> },
): Promise<Ended> {
  const seen = existsSync(paths.events) ? (readEvents(paths.events).at(-1)?.id ?? 0) : 0;
  const { child, ended } = start(...args);
  let running = true;
  void ended.then(() => {
    running = false;
  });
  while (running && !moment(existsSync(paths.events) ? readEvents(paths.events, seen) : []))
    await sleep(2);
  await sleep(delay);
  await stop(child);
  return await ended;
}

const stage =
  (name: string): Moment =>
  (fresh) =>
    fresh.some(({ type, data }) => type === 'stage' && data.name === name);
const has =
  (wanted: string): Moment =>
  (fresh) =>
    fresh.some(({ type }) => type === wanted);

test('killed ten times, from set-up to evaluation, it ends as one that was not', async () => {
  const paths = runPaths(join(home, 'killed'));
  const { checkpoints } = paths;
  const random = new Random(7);
  // Where it is killed, and within how many ms after that.
  const moments: [string, Moment, number][] = [
    ['the folder is made', () => existsSync(paths.root), 5],
    ['the plan is made', () => existsSync(paths.plan), 30],
    ['the self-check begins', has('start'), 300],
    ['pre-training begins', stage('pretrain'), 300],
    [
      'a checkpoint is half written',
      (e) => e.length > 0 && existsSync(`${checkpoints.last}.new`),
      5,
    ],
    ['pre-training ends', has('progress'), 100],
    ['training begins', stage('train'), 200],
    ['the architecture has moved', has('architecture'), 100],
    ['the best model is being written', (e) => e.some(({ data }) => data.best === true), 20],
    ['evaluation begins', stage('evaluate'), 30],
  ];
  for (const [name, moment, within] of moments) {
    const args = existsSync(paths.plan) ? ['resume', paths.root] : training(paths.root);
    const { code, stderr } = await stopAt(paths, args, moment, {
      delay: within * random.uniform(),
      stop: (child) => void child.kill('SIGKILL'),
    });
    expect([name, code, stderr.match(/error/)], stderr).toEqual([name, null, null]);
    if (existsSync(paths.plan)) continue;
    const early = await genseg('resume', paths.root);
    expect(early.code).toBe(1);
    expect(early.stderr).toMatch(/^error: .*(start it again|give the --out of a run)\n$/);
    rmSync(paths.root, { recursive: true });
  }
  const { code, stderr } = await genseg('resume', paths.root);
  expect(code, stderr).toBe(0);
  expect(outcome(paths)).toEqual(outcome(reference));
  expect(story(paths)).toEqual(story(reference));
  expect(readdirSync(paths.root).filter((name) => /tmp|lock|\.new|\.old/.test(name))).toEqual([]);
  expect(readdirSync(join(paths.root, 'checkpoints')).sort()).toEqual(['best', 'last']);
}, 240_000);

test('Ctrl-C twice aborts, once stores a checkpoint, and the run goes on from either', async () => {
  const paths = runPaths(join(home, 'stopped'));
  const words = `stopped; continue with: genseg resume ${paths.root}`;
  const twice = await stopAt(paths, training(paths.root), has('start'), {
    stop: async (child) => {
      child.kill('SIGINT');
      await sleep(50); // two signals that are both pending are one
      child.kill('SIGINT');
    },
  });
  expect(twice.code).toBe(130);
  expect(twice.stderr).toMatch(/stopping after this step; press Ctrl-C again to abort/);
  expect(twice.stderr).not.toContain(words);
  expect(has('end')(readEvents(paths.events))).toBe(false);

  const once = await stopAt(paths, ['resume', paths.root], has('checkpoint'), {
    stop: (child) => void child.kill('SIGINT'),
  });
  expect(once.code).toBe(130);
  expect(once.stderr.trimEnd().endsWith(words), once.stderr).toBe(true);
  const [stored, end] = readEvents(paths.events).slice(-2);
  expect([stored.type, stored.step]).toEqual(['checkpoint', end.step]);
  expect(end).toMatchObject({ type: 'end', data: { reason: 'interrupted', message: words } });
  expect(existsSync(paths.lock)).toBe(false);

  const { code, stderr } = await genseg('resume', paths.root);
  expect(code, stderr).toBe(0);
  expect(outcome(paths)).toEqual(outcome(reference));
  expect(story(paths)).toEqual(story(reference));
}, 120_000);

test('a pipe that is closed stores a checkpoint as Ctrl-C does, and the run goes on from it', async () => {
  const paths = runPaths(join(home, 'unread'));
  const { code } = await stopAt(paths, training(paths.root), has('start'), {
    stop: ({ stdout, stderr }) => {
      for (const stream of [stdout, stderr]) stream!.destroy();
    },
  });
  expect(code).toBe(130);
  const [stored, end] = readEvents(paths.events).slice(-2);
  expect([stored.type, stored.step]).toEqual(['checkpoint', end.step]);
  expect(end).toMatchObject({ type: 'end', data: { reason: 'interrupted' } });
  expect(existsSync(paths.lock)).toBe(false);
  const resumed = await genseg('resume', paths.root);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(outcome(paths)).toEqual(outcome(reference));
}, 120_000);

test('Ctrl-C in the evaluation stops it too, and leaves the former scores', async () => {
  const paths = runPaths(join(home, 'evaluated'));
  cpSync(reference.root, paths.root, { recursive: true });
  const watcher = { event() {}, warn() {}, interrupted: () => true };
  expect(await resume(paths.root, watcher)).toBeNull();
  const [begun, end] = readEvents(paths.events).slice(-2);
  expect(begun).toMatchObject({ type: 'stage', data: { name: 'evaluate' } });
  expect(end).toMatchObject({ type: 'end', data: { reason: 'interrupted' } });
  expect(outcome(paths)).toEqual(outcome(reference));
});

test('a run is called finished when all its files are there; killed before, it trains no further', async () => {
  const { root, cost, report, modelCard, claim, events } = runPaths(join(home, 'told'));
  cpSync(reference.root, root, { recursive: true });
  const files = [cost, report, modelCard, claim];
  for (const file of files) rmSync(file);
  const untold = readEvents(events).slice(0, -1); // as a kill before the end leaves them
  writeFileSync(events, untold.map((event) => `${JSON.stringify(event)}\n`).join(''));

  const fresh: RunEvent[] = [];
  const event = (one: RunEvent) => {
    fresh.push(one);
    if (one.type === 'end') expect(files.filter((file) => !existsSync(file))).toEqual([]);
  };
  await resume(root, { event, warn() {}, interrupted: () => false });
  expect(fresh.map(({ type }) => type)).toEqual(['stage', 'evaluation', 'end']);
  expect(readFileSync(modelCard, 'utf8')).not.toContain('not its final one');
  const page = readFileSync(report, 'utf8');
  await writeReport([root], report);
  expect(page).toBe(readFileSync(report, 'utf8'));
});

test('stopped before its plan was made, a run says how to begin again, and does', async () => {
  const root = join(home, 'early');
  const paths = runPaths(root);
  mkdirSync(root);
  const lock = { pid: 2 ** 22 + 1, host: hostname(), started: '1' }; // no process has so high a number
  writeFileSync(paths.lock, JSON.stringify(lock));
  const none = await genseg('resume', root);
  expect(none).toMatchObject({ code: 1, stdout: '' });
  expect(none.stderr).toBe(
    `error: ${root} is not a run folder, it has no config.json; give the --out of a run\n`,
  );
  writeFileSync(join(root, '.config.json.12.tmp'), '{"for');
  cpSync(reference.config, paths.config);
  const early = await genseg('resume', root);
  expect([early.code, early.stderr]).toEqual([
    1,
    `error: ${paths.plan} is missing: the run was stopped before it began; delete its folder and start it again\n`,
  ]);
  const again = await genseg(...training(root));
  expect(again.code).toBe(2);
  expect(again.stderr).toMatch(/^error: .* holds a run; continue it with `genseg resume .*\n$/);
  rmSync(root, { recursive: true });
});

test('a run that is stopped can end where it is: its weights so far are the model, and are tested', async () => {
  const paths = runPaths(join(home, 'finished'));
  const long = training(paths.root).map((arg) => (arg === '8' ? '400' : arg)); // --iterations
  await stopAt(paths, long, stage('pretrain'), { stop: (child) => void child.kill('SIGINT') });
  const early = await genseg('resume', paths.root, '--finish');
  expect(early.code).toBe(1);
  expect(early.stderr).toContain('nothing to keep; resume without --finish');

  const shorter = runPaths(join(home, 'finished-plain'));
  const plain = long.map((arg) => (arg === 'genseg' ? 'plain' : arg));
  plain[plain.indexOf(paths.root)] = shorter.root;
  await stopAt(shorter, plain, has('progress'), { stop: (child) => void child.kill('SIGINT') });
  expect(existsSync(shorter.checkpoints.best)).toBe(false);
  const { code, stderr } = await genseg('resume', shorter.root, '--finish');
  expect(code, stderr).toBe(0);
  const events = readEvents(shorter.events);
  const steps = events.filter(({ type }) => type === 'progress').at(-1)!.step;
  expect(steps).toBeLessThan(400);
  expect(events.map(({ type }) => type).slice(-4)).toEqual([
    'validation',
    'stage',
    'evaluation',
    'end',
  ]);
  expect(existsSync(join(shorter.checkpoints.best, 'model.safetensors'))).toBe(true);
}, 60_000);

test('ended where it was killed, a run names the weights that it tests', async () => {
  const whole = runPaths(join(home, 'kept'));
  const killed = runPaths(join(home, 'kept-killed'));
  const { config, settings } = resolveConfig(trainConfigSchema, {
    flags: {
      ...{ data: join(home, 'data'), out: whole.root, labels: 6, method: 'plain', size: 32 },
      ...{ iterations: 40, checkpointEvery: 3600 },
      ...{ threads: 1, precision: 'fp32', imageLayout: environment().imageLayout },
    },
  });
  let asked = 0;
  const silent = { event() {}, warn() {}, interrupted: () => false };
  const interrupted = () => asked++ === 5;
  expect(
    await train(config, settings as Settings<JsonObject>, { ...silent, interrupted }),
  ).toBeNull();
  const event = ({ type }: RunEvent) => {
    if (type !== 'validation' || !existsSync(whole.checkpoints.best) || existsSync(killed.root))
      return;
    cpSync(whole.root, killed.root, { recursive: true }); // what a kill would leave now
    rmSync(killed.lock);
  };
  await resume(whole.root, { ...silent, event });

  const { metadata } = readSafetensorsHeader(join(killed.checkpoints.best, 'model.safetensors'));
  const { keptBy } = JSON.parse(metadata.genseg);
  expect(keptBy.done).toBeGreaterThan(5);
  for (let i = 0; i < 2; i++) {
    expect(await resume(killed.root, silent, { finish: true })).toMatchObject({ iterations: 5 });
    const told = readEvents(killed.events).filter(({ type }) => type === 'validation');
    expect(told.map(({ step, data }) => ({ step, ...data }))).toEqual([
      { step: keptBy.done, ...keptBy, best: true },
    ]);
  }
}, 60_000);
