/** What a trained model is good for: results, downloads, predictions, pre-filled masks, which image next. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode } from 'fast-png';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  Comparison,
  DataTable,
  Prediction,
  Project,
  Round,
  RoundResults,
  Suggestions,
} from '../src/api.ts';
import { importFiles, noisePng, type Server, squareMask, startServer } from './studio.ts';

let home: string;
let server: Server;
const model = { round: 'round-1', method: 'plain' };

const get = async <T>(path: string): Promise<T> => {
  const answer = await server.ask('GET', path);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.json as T;
};

async function until<T>(path: string, holds: (value: T) => boolean): Promise<T> {
  for (let n = 0; n < 3000; n++) {
    const value = await get<T>(path);
    if (holds(value)) return value;
    await sleep(100);
  }
  throw new Error(`${path} never came: ${JSON.stringify(await get(path))}`);
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'genseg-results-'));
  server = await startServer(join(home, 'project'));
  const cases = Array.from({ length: 10 }, (_, i) => i);
  await importFiles(server, {
    ...Object.fromEntries(cases.map((i) => [`images/${i}.png`, noisePng(i)])),
    ...Object.fromEntries(cases.slice(0, 8).map((i) => [`masks/${i}.png`, squareMask()])),
  });
  const away = await importFiles(
    server,
    { 'images/far.png': noisePng(50, 48), 'masks/far.png': squareMask(48) },
    { as: 'test-set', name: 'elsewhere' },
  );
  expect(away.finished.json).toMatchObject({ images: 1, masks: 1 });
  const changes = ['6', '7'].map((id) => ({ id, split: 'test' }));
  await server.ask('PATCH', '/api/cases', JSON.stringify(changes));
  await server.ask('PUT', '/api/project', JSON.stringify({ pixelSize: 0.5 }));
  await server.inspected();
  const begun = await server.ask(
    'POST',
    '/api/rounds',
    JSON.stringify({
      ...{ methods: ['plain', 'genseg'], model: 'unet', size: 32, preset: 'fast' },
      ...{ budget: null, iterations: 12, validation: null, seed: 0, testSets: ['elsewhere'] },
    }),
  );
  expect(begun.status, JSON.stringify(begun.json)).toBe(200);
  const ended = await until<Round>('/api/rounds/round-1', ({ state }) =>
    ['finished', 'failed'].includes(state),
  );
  expect(ended).toMatchObject({ state: 'finished' });
}, 400_000);
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

test('results tell scores with intervals, worst first, in and out of domain, and what may be said', async () => {
  const results = await get<RoundResults>('/api/rounds/round-1/results');
  expect(results.runs.map(({ method, model, report }) => [method, model, report])).toEqual([
    ['plain', true, true],
    ['genseg', true, true],
  ]);
  const [plain] = results.runs;
  expect(plain.sets.map(({ set, inDomain }) => [set, inDomain])).toEqual([
    ['test', true],
    ['elsewhere', false],
  ]);
  const [own, away] = plain.sets;
  expect(own.cases.map(({ id, inProject }) => [id, inProject]).sort()).toEqual([
    ['6', true],
    ['7', true],
  ]);
  expect(own.cases[0].dice!).toBeLessThanOrEqual(own.cases[1].dice!);
  const mean = (own.cases[0].dice! + own.cases[1].dice!) / 2;
  expect(own.mean.dice).toBeCloseTo(mean, 10);
  expect(own.ci95.dice[0]!).toBeLessThanOrEqual(mean);
  expect(away.cases).toMatchObject([{ id: 'far', inProject: false }]);
  expect(results.verdict).toMatch(/mean Dice of GenSeg is .* than with plain \(/);
  const trust = readFileSync(join(home, 'project/runs/round-1/plain/eval/test/trust.json'), 'utf8');
  const { object: measured } = JSON.parse(trust).calibration;
  expect(plain.calibration).toMatchObject({ class: 'object', ece: measured.ece });
  expect(plain.calibration!.bins.map(({ confidence }) => confidence)).toEqual(
    measured.bins.map(({ probability }: { probability: number }) => probability),
  );
  expect(plain.decisions.map(({ name }) => name)).toContain('segmentation steps');

  const overlay = `/api/rounds/round-1/runs/plain/overlays/test/${own.cases[0].overlay}`;
  const { headers, body } = await server.ask('GET', overlay);
  expect(headers['content-type']).toBe('image/png');
  expect(decode(body)).toMatchObject({ width: 32, height: 32 });
  for (const path of ['..%2f..%2fsummary.json', '..', 'nothing.png']) {
    const bad = await server.ask('GET', `/api/rounds/round-1/runs/plain/overlays/test/${path}`);
    expect([path, bad.status]).toEqual([path, 404]);
  }
  const comparison = await get<Comparison>('/api/comparison');
  expect(comparison).toMatchObject({ set: 'test', comparable: true });
  expect(
    comparison.rows.map(({ round, method, labels, cases }) => [round, method, labels, cases]),
  ).toEqual([
    ['round-1', 'plain', 6, 2],
    ['round-1', 'genseg', 6, 2],
  ]);
});

test('previews of synthetic pairs are pictures', async () => {
  const { runs } = await get<Round>('/api/rounds/round-1');
  expect(runs[1].method).toBe('genseg');
  const path = '/api/rounds/round-1/runs/genseg/previews/';
  expect((await server.ask('GET', `${path}..%2f..%2fconfig.json`)).status).toBe(404);
  const file = 'step-000020.png'; // 8 steps of the generator, 300 to 480 as in the preset, then 12
  const { status, headers } = await server.ask('GET', path + file);
  expect([status, headers['content-type']]).toEqual([200, 'image/png']);
});

test('downloads are attachments; the model works on its own', async () => {
  const run = '/api/rounds/round-1/runs/plain';
  const report = await server.ask('GET', `${run}/report.html`);
  expect(report.headers['content-disposition']).toMatch(/^attachment; filename="project-round-1/);
  expect(report.headers['content-security-policy']).toMatch(/^default-src 'none'.*sandbox$/);
  expect(report.body.toString()).toContain('<!doctype html>');

  const scores = unzipSync((await server.ask('GET', `${run}/scores.zip`)).body);
  expect(Object.keys(scores)).toEqual(
    expect.arrayContaining(['scores/test/cases.csv', 'scores/elsewhere/summary.json']),
  );
  const files = unzipSync((await server.ask('GET', `${run}/model.zip`)).body);
  expect(Object.keys(files)).toContain('model/checkpoints/best/model.safetensors');
  expect(JSON.parse(strFromU8(files['model/config.json']))).toMatchObject({
    format: 'genseg-run/1',
  });
});

test('new images get masks, overlays and areas in px and mm²', async () => {
  const opened = await server.ask('POST', '/api/predictions', JSON.stringify({ model }));
  const { id } = opened.json as Prediction;
  const at = `/api/predictions/${id}`;
  expect((await server.ask('POST', at)).status).toBe(422);
  for (const [name, body] of [
    ['a new one.png', noisePng(70, 40)],
    ['b.png', noisePng(71)],
    ['page.html', Buffer.from('<script>')],
    ['broken.png', noisePng(72).subarray(0, 90)],
  ] as const) {
    await server.ask('PUT', `${at}/files?path=${encodeURIComponent(name)}`, body);
  }
  const started = await server.ask('POST', at);
  expect(started.json).toMatchObject({ state: 'running', images: 3 });
  expect((await server.ask('POST', at)).status).toBe(409);
  const done = await until<Prediction>(at, ({ state }) => state !== 'running');
  expect(done).toMatchObject({ state: 'finished', error: null });
  expect(done.failed.map(({ name }) => name)).toEqual(['broken.png']);
  expect(done.items.map(({ name, width }) => [name, width])).toEqual([
    ['a new one.png', 40],
    ['b.png', 32],
  ]);
  const picture = async (kind: string, name: string) =>
    decode((await server.ask('GET', `${at}/${kind}/${encodeURIComponent(name)}`)).body);
  for (const { name, areas, width, height, uncertainty } of done.items) {
    const mask = await picture('mask', name);
    expect([mask.width, mask.height]).toEqual([width, height]);
    const px = Array.from(mask.data).filter((value) => value === 1).length;
    expect(areas).toEqual([{ class: expect.any(String), px, mm2: px / 4 }]);
    expect(new Set(mask.data).size).toBeLessThanOrEqual(2);
    expect(uncertainty).toBeGreaterThanOrEqual(0);
    for (const kind of ['image', 'overlay']) {
      expect(await picture(kind, name)).toMatchObject({ width, height });
    }
  }
  const csv = (await server.ask('GET', `${at}/areas.csv`)).body.toString();
  expect(csv.split('\n')[1]).toMatch(/^a new one\.png,/);
  expect(csv).not.toContain(home);
  const zip = unzipSync((await server.ask('GET', `${at}/masks.zip`)).body);
  expect(Object.keys(zip)).toEqual(
    expect.arrayContaining(['masks/b.png', 'masks/b_overlay.png', 'masks/predictions.csv']),
  );
  expect((await server.ask('DELETE', at)).status).toBe(204);
  expect((await server.ask('GET', at)).status).toBe(404);
}, 60_000);

test('a mask beside its image is not predicted, and its name and the reason are told', async () => {
  const opened = await server.ask('POST', '/api/predictions', JSON.stringify({ model }));
  const at = `/api/predictions/${(opened.json as Prediction).id}`;
  for (const [name, body] of [
    ['b.png', noisePng(71)],
    ['b_mask.png', squareMask()],
    ['lone_mask.png', noisePng(73)],
    ['broken.png', noisePng(72).subarray(0, 90)],
  ] as const) {
    await server.ask('PUT', `${at}/files?path=${name}`, body);
  }
  await server.ask('POST', at);
  const done = await until<Prediction>(at, ({ state }) => state !== 'running');
  expect(done).toMatchObject({ state: 'finished', error: null, images: 4 });
  expect(done.items.map(({ name }) => name)).toEqual(['b.png', 'lone_mask.png']);
  expect(done.failed).toEqual([
    { name: 'broken.png', error: expect.not.stringContaining(home) },
    {
      name: 'b_mask.png',
      error: 'Its name says that it is the mask of an image beside it, so it was not predicted',
    },
  ]);
  expect((await server.ask('DELETE', at)).status).toBe(204);
}, 60_000);

test('a mask is pre-filled, nothing stored; the images that it is unsure of come first', async () => {
  const filled = await server.ask('POST', '/api/cases/9/prefill', JSON.stringify(model));
  expect(filled.status).toBe(200);
  const { data, width, height, channels } = decode(filled.body);
  expect([width, height, channels]).toEqual([32, 32, 1]);
  expect(Array.from(data).every((value) => value <= 1)).toBe(true);
  expect((await server.ask('GET', '/api/cases/9/mask')).status).toBe(404);
  const none = await server.ask('POST', '/api/cases/9/prefill', '{"round":"x","method":"plain"}');
  expect(none.status).toBe(404);

  expect(await get('/api/suggestions')).toMatchObject({ state: 'none' });
  await server.ask('POST', '/api/suggestions', JSON.stringify(model));
  const ready = await until<Suggestions>('/api/suggestions', ({ state }) => state !== 'running');
  expect(ready).toMatchObject({ state: 'ready', model, error: null });
  expect(ready.items.map(({ id }) => id).sort()).toEqual(['8', '9']);
  expect(ready.items[0].uncertainty).toBeGreaterThanOrEqual(ready.items[1].uncertainty);
  await server.ask('PUT', '/api/cases/8/mask', squareMask());
  expect((await get<Suggestions>('/api/suggestions')).items.map(({ id }) => id)).toEqual(['9']);
}, 60_000);

test('what is written while it is read is the old mask or the new, whole', async () => {
  const sides = [squareMask(32, 0), squareMask(32, 1)];
  let saving = true;
  const saves = (async () => {
    for (let n = 0; n < 60; n++) {
      const { status } = await server.ask('PUT', '/api/cases/0/mask', sides[n % 2]);
      expect(status).toBe(200);
    }
    saving = false;
  })();
  const seen = new Set<number>();
  while (saving) {
    const { status, body } = await server.ask('GET', '/api/cases/0/mask');
    expect(status).toBe(200);
    seen.add(Array.from(decode(body).data).filter((value) => value === 1).length);
  }
  await saves;
  const whole = Array.from(decode(squareMask()).data).filter((value) => value === 1).length;
  expect([...seen].sort((a, b) => a - b)).toEqual([0, whole]);
  const stale = { 'If-Match': '"0000000000000000"' };
  expect((await server.ask('PUT', '/api/cases/0/mask', sides[1], stale)).status).toBe(412);
}, 60_000);

test('a folder of one’s own is taken as it is; its masks become class ids with the first stroke', async () => {
  const folder = join(home, 'own');
  for (const name of ['images', 'masks']) mkdirSync(join(folder, name), { recursive: true });
  const white = decode(squareMask());
  const data = white.data.map((value) => value * 255);
  for (let i = 0; i < 3; i++) {
    writeFileSync(join(folder, 'images', `${i}.png`), noisePng(i));
    if (i < 2) writeFileSync(join(folder, 'masks', `${i}_mask.png`), encode({ ...white, data }));
  }
  const own = await startServer(folder);
  try {
    const table: DataTable = await own.inspected();
    expect(table.rows.map(({ id, mask }) => [id, mask])).toEqual([
      ['0', 'masks/0_mask.png'],
      ['1', 'masks/1_mask.png'],
      ['2', null],
    ]);
    const ids = decode((await own.ask('GET', '/api/cases/0/mask')).body);
    expect(Buffer.from(ids.data.buffer).equals(Buffer.from(white.data.buffer))).toBe(true);
    expect((await own.ask('PUT', '/api/cases/2/mask', squareMask())).status).toBe(200);
    const after = await own.inspected();
    expect(after.rows.map(({ mask, labels }) => [mask, labels?.length])).toEqual([
      ['masks/0.png', 2],
      ['masks/1.png', 2],
      ['masks/2.png', 2],
    ]);
    expect(after.inferred.join()).toContain('values 0 and 1');
    expect(((await own.ask('GET', '/api/project')).json as Project).classes).toHaveLength(2);
  } finally {
    await own.stop();
  }
}, 60_000);
