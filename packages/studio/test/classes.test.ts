/**
 * Classes from the page to a model and back: by their names and ids, also where no mask shows one of them, in folders
 * that speak another language, and whatever the user's shell has set for the command line.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClassInfo, Prediction, Project, Round, TrainingPlan } from '../src/api.ts';
import { importFiles, noisePng, type Server, squareMask, startServer } from './studio.ts';

const home = mkdtempSync(join(tmpdir(), 'genseg-classes-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const classes: ClassInfo[] = [
  { name: 'background', colour: '#000000' },
  { name: 'left lung', colour: '#00ff00' },
  { name: 'tumour, solid', colour: '#ff00ff' },
];
const options = {
  ...{ methods: ['plain'], model: 'unet', size: 32, preset: 'fast', budget: null },
  ...{ iterations: 60, validation: null, seed: 0, testSets: [] },
};
const cases = Array.from({ length: 6 }, (_, i) => i);
const files = (mask: Uint8Array) =>
  Object.fromEntries(
    cases.flatMap((i) => [
      [`images/${i}.png`, noisePng(i)],
      [`masks/${i}.png`, mask],
    ]),
  );
const labelsIn = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'dataset.json'), 'utf8')).labels;

async function until<T>(server: Server, path: string, holds: (value: T) => boolean): Promise<T> {
  for (let n = 0; n < 3000; n++) {
    const value = (await server.ask('GET', path)).json as T;
    if (holds(value)) return value;
    await sleep(100);
  }
  throw new Error(`${path} never came`);
}

async function train(server: Server): Promise<Round> {
  const begun = await server.ask('POST', '/api/rounds', JSON.stringify(options));
  expect(begun.status, JSON.stringify(begun.json)).toBe(200);
  const { name } = begun.json as Round;
  const round = await until<Round>(server, `/api/rounds/${name}`, ({ state }) =>
    ['finished', 'failed'].includes(state),
  );
  expect(round.runs[0]).toMatchObject({ state: 'finished', message: null });
  return round;
}

describe('a class that no mask shows', () => {
  const folder = join(home, 'gap');
  let server: Server;
  beforeAll(async () => {
    // What is meant for the command line: an option that there is, and one that genseg would refuse.
    server = await startServer(folder, 0, { GENSEG_SIZE: '48', GENSEG_NONSENSE: 'yes' });
    await server.ask('PUT', '/api/project', JSON.stringify({ classes }));
    await importFiles(server, files(squareMask(32, 2)));
  }, 60_000);
  afterAll(() => server.stop());

  test('keeps its number in the table, and is told before training', async () => {
    expect(labelsIn(folder)).toEqual({ background: 0, 'left lung': 1, 'tumour, solid': 2 });
    const { rows, problems } = await server.inspected();
    for (const { labels } of rows) expect(labels).toEqual([799, 0, 225]);
    expect(problems).toEqual([]);
    const asked = await server.ask('POST', '/api/training/plan', JSON.stringify(options));
    const { warnings, obstacles } = asked.json as TrainingPlan;
    expect(obstacles).toEqual([]);
    expect(warnings).toContain(
      'No mask to learn from shows left lung: what is never shown is never found.',
    );
    const less = JSON.stringify({ classes: classes.slice(0, 2) });
    expect((await server.ask('PUT', '/api/project', less)).status).toBe(409);
  });

  test('is a class of the model: names, ids and colours of predictions are the project’s', async () => {
    const { name } = await train(server);
    const config = JSON.parse(
      readFileSync(join(folder, 'runs', name, 'plain', 'config.json'), 'utf8'),
    );
    expect(config.settings.size).toEqual({ value: 32, source: '--size' });

    const model = { round: name, method: 'plain' };
    const opened = await server.ask('POST', '/api/predictions', JSON.stringify({ model }));
    const at = `/api/predictions/${(opened.json as Prediction).id}`;
    await server.ask('PUT', `${at}/files?path=new.png`, noisePng(70));
    await server.ask('POST', at);
    const { items } = await until<Prediction>(server, at, ({ state }) => state === 'finished');
    expect(items[0].areas.map(({ class: name }) => name)).toEqual(['left lung', 'tumour, solid']);
    const found = items[0].areas[1].px;
    expect(found).toBeGreaterThan(100);

    const { data } = decode((await server.ask('GET', `${at}/mask/new.png`)).body);
    expect(data.filter((id) => id === 2)).toHaveLength(found);
    const overlay = decode((await server.ask('GET', `${at}/overlay/new.png`)).body);
    const edges = data.filter((id, i) => {
      const [red, green, blue] = overlay.data.subarray(3 * i, 3 * i + 3);
      return id === 2 && red === 255 && green === 0 && blue === 255;
    });
    expect(edges.length).toBeGreaterThan(10);
    const csv = (await server.ask('GET', `${at}/areas.csv`)).body.toString();
    expect(csv).toContain(`"tumour, solid",${found}`);

    const filled = await server.ask('POST', '/api/cases/0/prefill', JSON.stringify(model));
    expect(new Set(decode(filled.body).data)).toContain(2);
  }, 240_000);

  test('is renamed, and can be painted, by masks that say what they are', async () => {
    const renamed = [classes[0], { ...classes[1], name: 'right lung' }, classes[2]];
    await server.ask('PUT', '/api/project', JSON.stringify({ classes: renamed }));
    expect(Object.keys(labelsIn(folder))).toEqual(['background', 'right lung', 'tumour, solid']);
    await server.ask('PUT', '/api/cases/0/mask', squareMask(32, 1));
    const { rows, inspection } = await server.inspected();
    expect(inspection).toEqual({ state: 'fresh', error: null });
    expect(rows[0].labels).toEqual([799, 225, 0]);
  }, 180_000);

  test('no two classes have one name, and none the name of no class', async () => {
    for (const name of ['left lung', 'ignore']) {
      const change = { classes: [...classes, { name, colour: '#ffffff' }] };
      const { status, json } = await server.ask('PUT', '/api/project', JSON.stringify(change));
      expect([status, (json as { error: string }).error]).toEqual([
        400,
        expect.stringContaining(`"${name}"`),
      ]);
    }
  });
});

/** Images and masks that someone has put there, with the object at one value. */
function makeFolder(name: string, value: number): string {
  const folder = join(home, name);
  for (const place of ['images', 'masks']) mkdirSync(join(folder, place), { recursive: true });
  const mask = decode(squareMask());
  const white = encode({ ...mask, data: mask.data.map((id) => id * value) });
  for (const i of cases) {
    writeFileSync(join(folder, 'images', `${i}.png`), noisePng(i));
    writeFileSync(join(folder, 'masks', `${i}.png`), white);
  }
  return folder;
}

test('masks of 0 and 255 stay as they are, and train a model that knows the name', async () => {
  const folder = makeFolder('white', 255);
  const before = readFileSync(join(folder, 'masks', '0.png'));
  const server = await startServer(folder);
  try {
    // Before anyone has looked into the masks.
    const two = JSON.stringify({ classes: classes.slice(0, 2) });
    await server.ask('PUT', '/api/project', two);
    const { name } = await train(server);
    expect(labelsIn(folder)).toEqual({ background: 0, 'left lung': 255 });
    const run = join(folder, 'runs', name, 'plain');
    const manifest = JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8'));
    expect(manifest.classes).toEqual(['background', 'left lung']);
    expect(readFileSync(join(folder, 'masks', '0.png')).equals(before)).toBe(true);

    // A class more has no value in such masks, until painting makes ids of all.
    await server.ask('PUT', '/api/project', JSON.stringify({ classes }));
    expect(labelsIn(folder)).toEqual({ background: 0, 'left lung': 255 });
    const painted = await server.ask('PUT', '/api/cases/1/mask', squareMask(32, 2));
    expect(painted.status).toBe(200);
    expect(labelsIn(folder)).toEqual({ background: 0, 'left lung': 1, 'tumour, solid': 2 });
    const { rows } = await server.inspected();
    expect(rows.slice(0, 2).map(({ labels }) => labels)).toEqual([
      [799, 225, 0],
      [799, 0, 225],
    ]);
  } finally {
    await server.stop();
  }
}, 240_000);

test('a dataset.json of one’s own is never overwritten, and its names are the project’s', async () => {
  const folder = makeFolder('declared', 1);
  const own = JSON.stringify({ labels: { background: 0, kidney: 1, cyst: 2 } });
  writeFileSync(join(folder, 'dataset.json'), own);
  const server = await startServer(folder);
  try {
    await server.inspected();
    const project = (await server.ask('GET', '/api/project')).json as Project;
    expect(project.classes.map(({ name }) => name)).toEqual(['background', 'kidney', 'cyst']);
    expect((await server.ask('PUT', '/api/cases/1/mask', squareMask(32, 2))).status).toBe(200);
    const other = await server.ask('PUT', '/api/project', JSON.stringify({ classes }));
    expect([other.status, (other.json as { error: string }).error]).toEqual([
      409,
      expect.stringContaining('dataset.json'),
    ]);
    const colours = project.classes.map((one) => ({ ...one, colour: '#123456' }));
    const coloured = await server.ask('PUT', '/api/project', JSON.stringify({ classes: colours }));
    expect(coloured.status).toBe(200);
    const { rows } = await server.inspected();
    expect(rows[1].labels).toEqual([799, 0, 225]);
    expect(readFileSync(join(folder, 'dataset.json'), 'utf8')).toBe(own);
  } finally {
    await server.stop();
  }
}, 180_000);

test('an empty project says nothing of masks that may come', async () => {
  const folder = join(home, 'empty');
  const server = await startServer(folder);
  await server.ask('PUT', '/api/project', JSON.stringify({ classes }));
  await server.stop();
  expect(existsSync(join(folder, 'dataset.json'))).toBe(false);
});
