/**
 * Real training on a tiny budget: it survives the server, a new server finds it again, and it can be paused, gone on
 * with and stopped; the stream of its events has no gap and no repetition across all of that.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEvents } from 'genseg/run';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Round, RoundEvent, TrainingOptions, TrainingPlan } from '../src/api.ts';
import { importFiles, noisePng, type Server, squareMask, startServer } from './studio.ts';

let home: string;
let server: Server;

const options = (change: Partial<TrainingOptions> = {}): TrainingOptions => ({
  ...{ methods: ['plain'], model: 'unet', size: 32, preset: 'fast' },
  ...{ budget: null, iterations: 6, validation: null, seed: 0, testSets: [] },
  ...change,
});

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'genseg-train-'));
  server = await startServer(join(home, 'project'));
  const cases = Array.from({ length: 8 }, (_, i) => i);
  const { finished } = await importFiles(server, {
    ...Object.fromEntries(cases.map((i) => [`images/${i}.png`, noisePng(i)])),
    ...Object.fromEntries(cases.slice(0, 7).map((i) => [`masks/${i}.png`, squareMask()])),
  });
  expect(finished.json).toMatchObject({ images: 8, masks: 7 });
  const changes = ['5', '6'].map((id) => ({ id, split: 'test' }));
  await server.ask('PATCH', '/api/cases', JSON.stringify(changes));
  await server.inspected();
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});
afterEach(async () => {
  for (const { name, state } of (await server.ask('GET', '/api/rounds')).json as Round[]) {
    if (['starting', 'running'].includes(state)) {
      await server.ask('POST', `/api/rounds/${name}/pause`);
      await until(name, ({ state }) => state === 'paused' || state === 'killed');
    }
  }
});

const roundOf = async (name: string): Promise<Round> =>
  (await server.ask('GET', `/api/rounds/${name}`)).json as Round;

async function until(name: string, holds: (round: Round) => boolean): Promise<Round> {
  for (let n = 0; n < 3000; n++) {
    const round = await roundOf(name);
    if (holds(round)) return round;
    await sleep(50);
  }
  throw new Error(`never came: ${JSON.stringify(await roundOf(name))}`);
}

async function begin(change: Partial<TrainingOptions> = {}): Promise<string> {
  const answer = await server.ask('POST', '/api/rounds', JSON.stringify(options(change)));
  expect(answer.status, JSON.stringify(answer.json)).toBe(200);
  return (answer.json as Round).name;
}

interface Streamed {
  id: string;
  name: string;
  data: unknown;
}

/** Reads a round's stream until `enough`, after the id of an earlier reading. */
function stream(
  name: string,
  enough: (all: Streamed[]) => boolean,
  after = '',
): Promise<Streamed[]> {
  return new Promise((done, failed) => {
    const all: Streamed[] = [];
    const sent = request({
      ...{ host: '127.0.0.1', port: server.port, path: `/api/rounds/${name}/events`, agent: false },
      headers: {
        Authorization: `Bearer ${server.token}`,
        ...(after && { 'Last-Event-ID': after }),
      },
    });
    sent.on('error', (error) => (enough(all) ? done(all) : failed(error)));
    sent.on('response', (response) => {
      expect(response.headers['content-type']).toContain('text/event-stream');
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) {
          const field = (wanted: string) =>
            block
              .split('\n')
              .find((line) => line.startsWith(`${wanted}: `))
              ?.slice(wanted.length + 2);
          const event = field('event');
          if (event) all.push({ id: field('id')!, name: event, data: JSON.parse(field('data')!) });
        }
        if (enough(all)) sent.destroy();
      });
      response.on('close', () => done(all));
    });
    sent.end();
  });
}

const runEvents = (all: readonly Streamed[]) =>
  all.filter(({ name }) => name === 'run').map(({ data }) => (data as RoundEvent).event);
const ends = (count: number) => (all: Streamed[]) =>
  runEvents(all).filter(({ type }) => type === 'end').length >= count;
const logOf = (name: string, method = 'plain') =>
  readEvents(join(home, 'project', 'runs', name, method, 'events.jsonl'));

test('a plan says what would happen, and what hinders it', async () => {
  const ask = async (change: Partial<TrainingOptions>) =>
    (await server.ask('POST', '/api/training/plan', JSON.stringify(options(change))))
      .json as TrainingPlan;
  const plan = await ask({ budget: 60, iterations: null });
  expect(plan).toMatchObject({ labelled: 5, obstacles: [] });
  expect(plan.seconds).toBeGreaterThan(60);
  expect(plan.sentences[0]).toBe(
    'Learns object from 5 labelled images: 4 to train on, 1 to steer and choose by.',
  );
  expect(plan.sentences[1]).toContain('2 images that no model has seen');
  expect(plan.sentences[2]).toBe(
    'Trains Plain (learns from the labelled images as they are), for 60 seconds.',
  );
  expect(plan.warnings).toEqual(['1 image without a mask will not be used.']);
  expect((await ask({ validation: 5 })).obstacles).toHaveLength(1);
  expect((await ask({ testSets: ['nowhere'] })).obstacles).toEqual([
    'There is no test set nowhere',
  ]);
  const refused = await server.ask(
    'POST',
    '/api/rounds',
    JSON.stringify(options({ validation: 5 })),
  );
  expect(refused.status).toBe(409);
  const nonsense = await server.ask('POST', '/api/rounds', '{"methods":["rm -rf"]}');
  expect(nonsense.status).toBe(400);
});

test('two methods train one after the other and are tested; rounds know their labels', async () => {
  const name = await begin({ methods: ['plain', 'augment'] });
  expect((await server.ask('POST', '/api/rounds', JSON.stringify(options()))).status).toBe(409);
  const streamed = await stream(name, ends(2));
  const round = await until(name, ({ state }) => state === 'finished');
  expect(round.runs.map(({ method, state, model }) => [method, state, model])).toEqual([
    ['plain', 'finished', true],
    ['augment', 'finished', true],
  ]);
  for (const run of round.runs) expect(run.scores).toMatchObject([{ set: 'test', cases: 2 }]);
  expect(round.labels!.train.concat(round.labels!.validation).sort()).toEqual([
    '0',
    '1',
    '2',
    '3',
    '4',
  ]);
  expect(round.labels).toMatchObject({ test: ['5', '6'], changed: [] });
  const sent = streamed.filter(({ name }) => name === 'run').map(({ data }) => data as RoundEvent);
  for (const method of ['plain', 'augment'] as const) {
    const own = sent.filter((one) => one.method === method).map(({ event }) => event);
    expect(own).toEqual(logOf(name, method));
  }

  // The eighth image gets a mask, and one mask another: the next round says so.
  await server.ask('PUT', '/api/cases/7/mask', squareMask());
  await server.ask('PUT', '/api/cases/0/mask', squareMask(32, 0));
  const next = await begin();
  const { labels } = await until(next, ({ state }) => state === 'finished');
  expect(labels).toMatchObject({ added: ['7'], changed: ['0'] });
}, 120_000);

test('a time for each method is the time of the costliest; the others take as many steps', async () => {
  const name = await begin({ methods: ['plain', 'augment'], budget: 2, iterations: null });
  const { runs } = await until(name, ({ state }) => state === 'finished');
  expect(runs.map(({ method }) => method)).toEqual(['plain', 'augment']);
  const [plain, augment] = runs.map(({ folder }) => {
    const read = (file: string) =>
      JSON.parse(readFileSync(join(home, 'project', folder, file), 'utf8'));
    const { recipe, decisions } = read('plan.json');
    const { reason } = decisions.find((one: { name: string }) => one.name === 'segmentation steps');
    return { steps: recipe.segmentation.steps, reason };
  });
  expect(augment.reason).toContain('fit into 2 s');
  expect(plain).toEqual({ steps: augment.steps, reason: 'as asked' });
}, 120_000);

test('a stream goes on after the last event that was seen', async () => {
  const name = await begin({ iterations: 40 });
  const first = await stream(name, (all) => runEvents(all).length >= 3);
  const rest = await stream(name, ends(1), first.at(-1)!.id);
  const ids = [...runEvents(first), ...runEvents(rest)].map(({ id }) => id);
  await until(name, ({ state }) => state === 'finished');
  expect(ids).toEqual(logOf(name).map(({ id }) => id));
}, 60_000);

test('training outlives a server that is killed; the next finds it, pauses it, and it goes on', async () => {
  const name = await begin({ iterations: 3000 });
  const first = await stream(name, (all) => runEvents(all).some(({ type }) => type === 'progress'));
  const { port } = server;
  await server.stop('SIGKILL');
  const seen = logOf(name).at(-1)!.id;
  while (logOf(name).at(-1)!.id <= seen) await sleep(50); // it trains on, alone

  server = await startServer(join(home, 'project'), port);
  expect((await roundOf(name)).state).toBe('running');
  // The page that was open before has the same token, and goes on where it was.
  const more = await stream(name, (all) => runEvents(all).length >= 2, first.at(-1)!.id);
  const ids = [...runEvents(first), ...runEvents(more)].map(({ id }) => id);
  expect(ids).toEqual(
    logOf(name)
      .map(({ id }) => id)
      .slice(0, ids.length),
  );

  const asked = await server.ask('POST', `/api/rounds/${name}/pause`);
  expect((asked.json as Round).state).toBe('stopping');
  const paused = await until(name, ({ state }) => state === 'paused');
  expect(paused.runs[0]).toMatchObject({ state: 'paused', model: false });
  const steps = logOf(name).at(-1)!.step;

  await server.ask('POST', `/api/rounds/${name}/resume`);
  await until(name, ({ runs }) => runs[0].done > steps && runs[0].state === 'running');
  expect(logOf(name).some(({ type }) => type === 'resume')).toBe(true);

  // Stop: the weights so far are the model, and it is tested.
  await server.ask('POST', `/api/rounds/${name}/stop`);
  const stopped = await until(name, ({ state }) => state === 'finished');
  expect(stopped.runs[0]).toMatchObject({ state: 'finished', model: true });
  expect(stopped.runs[0].scores).toMatchObject([{ set: 'test', cases: 2 }]);
  expect(stopped.runs[0].done).toBeLessThan(3000);
}, 120_000);

test('training that is killed says so, and goes on from its checkpoint', async () => {
  const name = await begin({ iterations: 3000 });
  await until(name, ({ runs }) => runs[0].state === 'running' && runs[0].done > 0);
  const folder = join(home, 'project', 'runs', name);
  for (const lock of ['round.lock', 'plain/run.lock']) {
    process.kill(JSON.parse(readFileSync(join(folder, lock), 'utf8')).pid, 'SIGKILL');
  }
  await until(name, ({ state }) => state === 'killed');
  expect((await server.ask('POST', `/api/rounds/${name}/pause`)).status).toBe(409);
  await server.ask('POST', `/api/rounds/${name}/resume`);
  await until(name, ({ state, runs }) => state === 'running' && runs[0].done > 0);
  expect((await server.ask('DELETE', `/api/rounds/${name}`)).status).toBe(409);
  await server.ask('POST', `/api/rounds/${name}/pause`);
  await until(name, ({ state }) => state === 'paused');
  expect((await server.ask('DELETE', `/api/rounds/${name}`)).status).toBe(204);
  expect((await server.ask('GET', `/api/rounds/${name}`)).status).toBe(404);
}, 60_000);

test('a run that fails before it has a folder says why', async () => {
  const damaged = join(home, 'project', 'images', 'damaged.png');
  writeFileSync(damaged, 'no image'); // not looked at yet
  const name = await begin();
  const { runs } = await until(name, ({ state }) => state === 'failed');
  expect(runs[0].message).toMatch(/damaged\.png/);
  expect(runs[0].message).not.toContain('\n');
  rmSync(damaged);
}, 60_000);
