/**
 * The whole way in a real browser: ten images and nine masks in, the tenth painted, training watched through a reload
 * and through the server's death, stopped, results, a new image predicted, downloads. On every page axe finds nothing
 * serious, in both themes, and nothing breaks the page's security policy.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataTable, Round } from '../src/api.ts';
import { looksRight, openPage, root, withoutBrowser } from './browser.ts';
import { type Server, startServer } from './studio.ts';

const lungs = join(root, 'examples', 'lungs', 'train');

describe.skipIf(withoutBrowser)('in a browser', () => {
  let home: string;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'genseg-e2e-'));
    server = await startServer(join(home, 'project'));
    ({ browser, page, complaints } = await openPage(server.address));
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  }, 180_000);

  const roundOf = async (name: string) =>
    (await server.ask('GET', `/api/rounds/${name}`)).json as Round;
  const contentOf = async (download: Download) => readFileSync(await download.path());
  const downloaded = async (name: RegExp): Promise<Buffer> => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name }).click(),
    ]);
    return await contentOf(download);
  };
  const ids = readdirSync(join(lungs, 'images'))
    .sort()
    .slice(0, 11)
    .map((name) => name.replace('.png', ''));
  const [tenth, eleventh] = [ids[9], ids[10]];

  test('the printed address opens the page, and leaves no token in it', async () => {
    await page.getByRole('heading', { name: 'From a few images to a model' }).waitFor();
    expect(page.url()).not.toContain('token');
    await looksRight(page, 'empty');
  }, 180_000);

  test('ten images and nine masks come in and find each other', async () => {
    const png = (folder: string, id: string) => ({
      mimeType: 'image/png',
      buffer: readFileSync(join(lungs, folder, `${id}.png`)),
    });
    await page
      .getByLabel('zip here: files')
      .setInputFiles([
        ...ids.slice(0, 10).map((id) => ({ name: `${id}.png`, ...png('images', id) })),
        ...ids.slice(0, 9).map((id) => ({ name: `${id}_mask.png`, ...png('masks', id) })),
      ]);
    await page.getByText('10 images and 9 masks came in.').waitFor();
    await page.getByText(`images/${tenth}.png: has no mask`).first().waitFor();
    await page.getByRole('button', { name: 'Set a fifth aside as test' }).click();
    await page.getByText(/2 labelled images only test/).waitFor();
    const table = (await server.ask('GET', '/api/data')).json as DataTable;
    expect(table.rows.filter(({ mask }) => mask !== null)).toHaveLength(9);
    expect(table.rows.filter(({ split }) => split === 'test')).toHaveLength(2);
    await looksRight(page, 'data');
  }, 180_000);

  test('the tenth is painted, stored by itself, and there after a reload', async () => {
    await page.goto(`http://127.0.0.1:${server.port}/#/annotate/${tenth}`);
    const stage = page.locator('.painting');
    await stage.waitFor();
    const box = (await stage.boundingBox())!;
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
    for (let n = 0; n < 8; n++) await page.keyboard.press(']'); // a larger brush
    for (const x of [0.4, 0.6]) {
      await page.mouse.move(...at(x, 0.35));
      await page.mouse.down();
      await page.mouse.move(...at(x, 0.6), { steps: 12 });
      await page.mouse.up();
    }
    await page.getByText('All changes saved').waitFor();
    const painted = (await server.ask('GET', `/api/cases/${tenth}/mask`)).body;
    expect(painted.length).toBeGreaterThan(0);
    await page.reload();
    await page.locator('.painting').waitFor();
    await looksRight(page, 'annotate');
    const table = await server.inspected();
    const row = table.rows.find(({ id }) => id === tenth)!;
    expect(row.labels![1]).toBeGreaterThan(100);
    expect(row.labels![0]).toBeGreaterThan(100);
  }, 180_000);

  test('training is watched, through a reload and through the death of the server', async () => {
    await page.goto(`http://127.0.0.1:${server.port}/#/train`);
    await page.getByText('Quick look').click();
    await page.getByText('All options').click();
    const give = async (label: string, value: string) => {
      await page.getByRole('spinbutton', { name: label }).fill(value);
      await page.getByRole('spinbutton', { name: label }).press('Tab');
    };
    await give('Minutes for the slowest method', '');
    await give('Steps', '20000'); // it will be stopped
    await page.getByLabel('Images are seen at').selectOption('64');
    await page.getByText('Learns object from 8 labelled images').waitFor();
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await page.waitForURL(/#\/train\/round-1$/);

    const progressed = async (from: number) => {
      for (const started = Date.now(); ; ) {
        const [run] = (await roundOf('round-1')).runs;
        if (run.done > from) return;
        const late = Date.now() - started > 120_000;
        if (late || run.state === 'failed') throw new Error(`No progress: ${JSON.stringify(run)}`);
        await page.waitForTimeout(100);
      }
    };
    await progressed(0);
    await page.reload();
    await page.getByRole('heading', { name: 'round-1' }).waitFor();
    await page.locator('.tag', { hasText: 'training' }).first().waitFor();

    const before = (await roundOf('round-1')).runs[0].done;
    const { port } = server;
    await server.stop('SIGKILL');
    await page.getByText('The studio does not answer').waitFor();
    server = await startServer(join(home, 'project'), port);
    await page.getByText('The studio does not answer').waitFor({ state: 'detached' });
    await progressed(before);
    await looksRight(page, 'train');
  }, 400_000);

  test('it is stopped, and the best so far is tested', async () => {
    await page.getByRole('button', { name: 'Stop and keep the best' }).click();
    await page.getByRole('link', { name: 'See the results' }).click({ timeout: 90_000 });
    await page.getByRole('heading', { name: 'Worst first' }).waitFor();
    await page.getByText(/The mean Dice with augmentation on 2 images/).waitFor();
    expect((await roundOf('round-1')).runs[0]).toMatchObject({ state: 'finished', model: true });
    await looksRight(page, 'results');
    const model = unzipSync(await downloaded(/^Model$/));
    expect(Object.keys(model)).toContain('model/checkpoints/best/model.safetensors');
    expect((await downloaded(/^Report$/)).toString()).toContain('<!doctype html>');
    const scores = unzipSync(await downloaded(/^Scores and overlays$/));
    expect(strFromU8(scores['scores/test/cases.csv']).trim().split('\n')).toHaveLength(3);
  }, 180_000);

  test('a new image gets its mask, to look at and to take away', async () => {
    await page.goto(`http://127.0.0.1:${server.port}/#/use`);
    await page
      .getByLabel('new images here: files')
      .setInputFiles(join(lungs, 'images', `${eleventh}.png`));
    await page.getByRole('button', { name: `Look at ${eleventh}.png` }).waitFor();
    await page.getByText(/^ ?object: [\d,.\s]+ pixels?,/).waitFor();
    await looksRight(page, 'use');
    const masks = unzipSync(await downloaded(/^Masks and overlays/));
    expect(Object.keys(masks)).toEqual(
      expect.arrayContaining([`masks/${eleventh}.png`, `masks/${eleventh}_overlay.png`]),
    );
    expect((await downloaded(/^Areas/)).toString()).toContain(`${eleventh}.png,`);
    await page.getByRole('button', { name: `Look at ${eleventh}.png` }).click();
    await page.getByRole('slider').waitFor();
  }, 180_000);

  test('the page complained of nothing', () => {
    expect(complaints).toEqual([]);
  });
});
