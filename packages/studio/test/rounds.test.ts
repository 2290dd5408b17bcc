/**
 * What a training with GenSeg shows of itself and what two rounds come to, in a real browser on the events of real
 * (tiny) trainings; before that a folder, a zip and a test set from elsewhere, brought in through the page.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { readEvents } from 'genseg/run';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataTable, Round, RoundResults, TrainEvents, TrainingOptions } from '../src/api.ts';
import { looksRight, openPage, root, withoutBrowser } from './browser.ts';
import { type Server, squareMask, startServer } from './studio.ts';

const lungs = join(root, 'examples', 'lungs');
const namesOf = (split: string) => readdirSync(join(lungs, split, 'images')).sort();
const [train, others] = [namesOf('train'), namesOf('test')];

const options: TrainingOptions = {
  ...{ methods: ['augment', 'genseg'], model: 'unet', size: 32, preset: 'fast', budget: null },
  ...{ iterations: 12, validation: 2, seed: 0, testSets: ['other-hospital'] },
};

describe.skipIf(withoutBrowser)('in a browser', () => {
  let home: string;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'genseg-rounds-'));
    server = await startServer(join(home, 'project'));
    ({ browser, page, complaints } = await openPage(server.address));
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.ask('POST', '/api/rounds/round-1/pause'); // where a test gave up on it
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  }, 180_000);

  const open = (hash: string) => page.goto(`http://127.0.0.1:${server.port}/#/${hash}`);
  const table = async () => (await server.ask('GET', '/api/data')).json as DataTable;
  const roundOf = async (name: string) =>
    (await server.ask('GET', `/api/rounds/${name}`)).json as Round;
  async function finished(name: string): Promise<Round> {
    for (;;) {
      const round = await roundOf(name);
      if (round.state === 'finished') return round;
      if (round.state === 'failed') throw new Error(JSON.stringify(round.runs));
      await page.waitForTimeout(200);
    }
  }
  const eventsOf = <T extends keyof TrainEvents>(method: string, type: T): TrainEvents[T][] =>
    readEvents(join(home, 'project', 'runs', 'round-1', method, 'events.jsonl'))
      .filter((event) => event.type === type)
      .map(({ data }) => data as unknown as TrainEvents[T]);

  test('a folder comes in with all that is below it', async () => {
    const folder = join(home, 'from the scanner');
    for (const kind of ['images', 'masks']) {
      mkdirSync(join(folder, 'exported', kind), { recursive: true });
      for (const name of train.slice(0, 6)) {
        cpSync(join(lungs, 'train', kind, name), join(folder, 'exported', kind, name));
      }
    }
    writeFileSync(join(folder, 'exported', 'notes.txt'), 'not an image');
    await page.getByLabel('zip here: folder').setInputFiles(folder);
    await page.getByText('6 images and 6 masks came in.').waitFor();
    await page.getByText(/Left out: .*notes\.txt/).waitFor();
    expect((await table()).rows.map(({ id, mask }) => [`${id}.png`, mask])).toEqual(
      train.slice(0, 6).map((name) => [name, `masks/${name}`]),
    );
  });

  test('a zip is unpacked, and what is no image left out', async () => {
    const files = Object.fromEntries(
      ['images', 'masks'].flatMap((kind) => [
        ...train
          .slice(6, 8)
          .map(
            (name) =>
              [`data/${kind}/${name}`, readFileSync(join(lungs, 'train', kind, name))] as const,
          ),
        ...others
          .slice(0, 3)
          .map(
            (name) =>
              [`data/${kind}/${name}`, readFileSync(join(lungs, 'test', kind, name))] as const,
          ),
      ]),
    );
    const archive = zipSync({ ...files, '__MACOSX/images/._a.png': new Uint8Array(9) });
    await page.getByLabel('zip here: files').setInputFiles({
      ...{ name: 'data.zip', mimeType: 'application/zip', buffer: Buffer.from(archive) },
    });
    await page.getByText('5 images and 5 masks came in.').waitFor();
    expect((await table()).rows).toHaveLength(11);
    for (const name of others.slice(0, 3)) {
      const id = name.replace('.png', '');
      await page.getByLabel(`Use of ${id}`).selectOption('test');
    }
    await page.getByText(/3 labelled images only test/).waitFor();
  });

  test('a test set from elsewhere gets a name, and never trains', async () => {
    await page.getByText('What the files are').click();
    await page.getByLabel('The files are').selectOption('test-set');
    await page.getByText('First give the test set a name.').waitFor();
    await page.getByLabel('Name of the test set').fill('other-hospital');
    const files = ['images', 'masks'].flatMap((kind) =>
      others.slice(3, 5).map((name) => ({
        name: kind === 'images' ? name : name.replace('.png', '_mask.png'),
        ...{ mimeType: 'image/png', buffer: readFileSync(join(lungs, 'test', kind, name)) },
      })),
    );
    await page.getByLabel('zip here: files').setInputFiles(files);
    await page.getByText('2 images and 2 masks came in.').waitFor();
    await page.getByText('values 0 and 255 -> background, object').waitFor();
    const { rows, testSets } = await table();
    expect(rows).toHaveLength(11);
    expect(testSets).toEqual([{ name: 'other-hospital', images: 2 }]);
    await looksRight(page, 'import');
  });

  test('GenSeg’s curves, the weights of its architecture and its pairs come with its events', async () => {
    const begun = await server.ask('POST', '/api/rounds', JSON.stringify(options));
    expect(begun.status, JSON.stringify(begun.json)).toBe(200);
    await open('train/round-1');
    await finished('round-1');
    const validation = page.getByRole('figure', { name: 'Dice on the validation images' });
    for (const [method, label] of [
      ['augment', 'Augmentation'],
      ['genseg', 'GenSeg'],
    ] as const) {
      const { dice } = eventsOf(method, 'validation').at(-1)!;
      await validation.getByText(`${label} ${dice.toPrecision(3)}`).waitFor();
    }
    await page.getByRole('button', { name: 'GenSeg', exact: true }).click();

    const last = eventsOf('genseg', 'architecture').at(-1)!;
    const weights = page.getByRole('region', { name: 'Architecture of the generator' });
    const level = weights.getByLabel('Level of the generator');
    expect(await level.locator('option').count()).toBe(last.levels.length);
    for (const { name, weights: shares } of [last.levels[0], last.levels.at(-1)!]) {
      await level.selectOption(name);
      for (const [i, candidate] of last.candidates.entries()) {
        await weights
          .getByText(`${candidate} ${shares[i].toPrecision(3)}`, { exact: true })
          .waitFor();
      }
    }

    const previews = eventsOf('genseg', 'preview');
    expect(previews.length).toBeGreaterThan(1);
    const strip = page.getByRole('region', { name: 'Synthetic pairs' });
    const picture = strip.getByRole('img');
    const shows = async ({ file, done }: TrainEvents['preview']) => {
      await expect.poll(() => picture.getAttribute('src'), { timeout: 10_000 }).toContain(file);
      await strip.getByText(`After ${done} steps`).waitFor();
      await expect
        .poll(() => picture.evaluate((image: { naturalWidth: number }) => image.naturalWidth), {
          timeout: 10_000,
        })
        .toBeGreaterThan(100);
    };
    await shows(previews.at(-1)!);
    await strip.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await shows(previews[0]);
    await page.keyboard.press('End');
    await shows(previews.at(-1)!);
    await looksRight(page, 'train-genseg');
  }, 400_000);

  test('whether the model knows how sure it may be is drawn and told in numbers', async () => {
    await open('results/round-1');
    const { runs } = (await server.ask('GET', '/api/rounds/round-1/results')).json as RoundResults;
    const { calibration } = runs.find(({ method }) => method === 'genseg')!;
    const folder = join(home, 'project', 'runs', 'round-1', 'genseg', 'eval', 'test');
    const measured = JSON.parse(readFileSync(join(folder, 'trust.json'), 'utf8')).calibration;
    expect(calibration!.ece).toBe(measured[calibration!.class].ece);
    const verdict = await page.getByRole('region', { name: 'What may be said' }).textContent();
    expect(verdict!.match(/Only 3 scored cases/g)).toHaveLength(1);
    const chart = page.getByRole('region', { name: 'Calibration' });
    await chart.getByRole('figure', { name: 'Does the model know how sure it may be?' }).waitFor();
    expect(await chart.locator('canvas').evaluate(drawn, '--accent')).toBeGreaterThan(20);
    await chart.getByText('The numbers').click();
    const filled = calibration!.bins.filter(({ count }) => count > 0);
    expect(filled.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(3000);
    expect(await chart.locator('tbody tr').count()).toBe(filled.length);
    await chart.getByText(filled[0].count.toLocaleString('en'), { exact: true }).waitFor();
    await looksRight(page, 'results-genseg');
  }, 180_000);

  test('two rounds stand beside each other, with what was new to the second', async () => {
    await server.ask('PUT', `/api/cases/${train[0].replace('.png', '')}/mask`, squareMask(256));
    const again = { ...options, methods: ['augment'], testSets: [] };
    const begun = await server.ask('POST', '/api/rounds', JSON.stringify(again));
    expect(begun.status, JSON.stringify(begun.json)).toBe(200);
    const { labels } = await finished('round-2');
    expect(labels).toMatchObject({ added: [], changed: [train[0].replace('.png', '')] });
    await open('results');
    const compared = page.getByRole('region', { name: 'Rounds compared' });
    await compared.getByText('All rounds were tested on the same images.').waitFor();
    const cells: string[][] = [];
    for (const row of await compared.locator('tbody tr').all()) {
      cells.push(await row.locator('th, td').allTextContents());
    }
    expect(
      cells.map(([round, method, labelled, added, repainted, , tests]) => [
        round,
        method,
        labelled,
        added,
        repainted,
        tests,
      ]),
    ).toEqual([
      ['round-1', 'Augmentation', '8', '8', '0', '3'],
      ['round-1', 'GenSeg', '8', '8', '0', '3'],
      ['round-2', 'Augmentation', '8', '0', '1', '3'],
    ]);
    for (const [, , , , , dice] of cells) expect(dice).toMatch(/^0\.\d\d \(0\.\d\d to 0\.\d\d\)$/);
    await compared.scrollIntoViewIfNeeded();
    await looksRight(page, 'compare');
    expect(complaints).toEqual([]);
  }, 120_000);
});

/** Pixels of a chart about in a colour of the page: that of a line. Runs in the page. */
function drawn(canvas: unknown, property: string): number {
  const { width, height, getContext } = canvas as Canvas;
  const data = getContext.call(canvas, '2d').getImageData(0, 0, width, height).data;
  const { document: page, getComputedStyle: styleOf } = globalThis as unknown as Browsing;
  const hex = styleOf(page.documentElement).getPropertyValue(property).trim();
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const away = [r, g, b].map((value, c) => Math.abs(data[i + c] - value));
    if (data[i + 3] > 0 && Math.max(...away) < 40) count++;
  }
  return count;
}
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
  };
}
interface Browsing {
  document: { documentElement: unknown };
  getComputedStyle(of: unknown): { getPropertyValue(name: string): string };
}
