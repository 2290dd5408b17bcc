/** The painting area in a real browser, by mouse and keys: polygons, zoom, moving the image, taking back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPage, withoutBrowser } from './browser.ts';
import { type Server, startServer } from './studio.ts';

/** The only image of the demo without a mask. */
const tenth = '9d36404d';

describe.skipIf(withoutBrowser)('in a browser', () => {
  let home: string;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let area: Locator;
  let box: { x: number; y: number; width: number; height: number };

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'genseg-painting-'));
    server = await startServer(join(home, 'project'));
    ({ browser, page, complaints } = await openPage(server.address));
    await page.getByRole('button', { name: 'Try it with nine chest X-rays' }).click();
    await page.getByRole('link', { name: 'Paint the tenth' }).click();
    area = page.locator('.painting');
    await area.waitFor();
    box = (await area.boundingBox())!;
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  type Place = readonly [x: number, y: number];
  const triangle: readonly Place[] = [
    [0.4, 0.4],
    [0.6, 0.4],
    [0.6, 0.6],
  ];
  /** In parts of the area. */
  const at = ([x, y]: Place): [number, number] => [box.x + x * box.width, box.y + y * box.height];
  const click = async (places: readonly Place[]) => {
    for (const place of places) await page.mouse.click(...at(place));
  };
  const soon = (value: () => Promise<unknown>) => expect.poll(value, { timeout: 20_000 });
  const corners = () => area.locator('polyline ~ circle').count();
  /** Pixels of the stored mask that have a class; null: there is no mask yet. */
  const painted = async (): Promise<number | null> => {
    const { status, body } = await server.ask('GET', `/api/cases/${tenth}/mask`);
    return status === 200 ? decode(body).data.filter((value) => value > 0).length : null;
  };

  test('a polygon is closed on its first corner or by Enter; keys take corners and fills back', async () => {
    await page.keyboard.press('p');
    await click([...triangle, [0.2, 0.2]]);
    await soon(corners).toBe(4);
    await page.keyboard.press('Backspace');
    await soon(corners).toBe(3);
    await page.keyboard.press('Escape');
    await soon(corners).toBe(0);
    await click([...triangle, triangle[0]]);
    await soon(painted).toBeGreaterThan(500);
    const whole = await painted();
    await page.keyboard.press('Control+z');
    await soon(painted).toBe(0);
    await click(triangle);
    await page.keyboard.press('Enter');
    await soon(painted).toBe(whole);
    expect(complaints).toEqual([]);
  }, 120_000);

  test('the wheel zooms, a key shows all again, the space bar moves the image under the tool', async () => {
    await page.keyboard.press('b');
    const radius = async () => {
      await page.mouse.move(...at([0.5, 0.5]));
      return Number(await area.locator('circle.brush').last().getAttribute('r'));
    };
    const before = await radius();
    await page.mouse.wheel(0, -300);
    await soon(radius).toBeCloseTo(before * Math.exp(0.45), 3);
    await page.keyboard.press('0');
    await soon(radius).toBeCloseTo(before, 3);

    await page.keyboard.press('p');
    await click([[0.5, 0.4]]);
    const height = async () => Number(await area.locator('polyline ~ circle').getAttribute('cy'));
    const from = await height();
    await page.keyboard.down(' ');
    await soon(() => area.getAttribute('data-tool')).toBe('move');
    await page.mouse.move(...at([0.5, 0.5]));
    await page.mouse.down();
    await page.mouse.move(...at([0.5, 0.6]), { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up(' ');
    await soon(height).toBeCloseTo(from + 0.1 * box.height, 0);
    await soon(() => area.getAttribute('data-tool')).toBe('polygon');
    expect(await corners()).toBe(1);
    expect(complaints).toEqual([]);
  }, 120_000);
});
