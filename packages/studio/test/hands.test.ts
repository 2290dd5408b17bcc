/**
 * The page without a mouse, in a real browser: keys alone, and fingers on a tablet of 1024 by 768 px. The guided demo
 * is the way through; nothing is trained.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import type { DataTable } from '../src/api.ts';
import { looksRight, openPage, withoutBrowser } from './browser.ts';
import { type Server, startServer } from './studio.ts';

const home = mkdtempSync(join(tmpdir(), 'genseg-hands-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The only image of the demo without a mask. */
const tenth = '9d36404d';
const maskOf = async (server: Server) =>
  ((await server.ask('GET', '/api/data')).json as DataTable).rows.find(({ id }) => id === tenth)
    ?.mask;
const focused = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const { activeElement: element } = document;
    return (element.getAttribute('aria-label') ?? element.textContent).trim();
  })()`);

async function tabTo(page: Page, name: RegExp, most: number): Promise<void> {
  const passed: string[] = [];
  while (!name.test(passed.at(-1) ?? '')) {
    expect(passed.length, `${name} is not among ${passed.join(', ')}`).toBeLessThan(most);
    await page.keyboard.press('Tab');
    passed.push(await focused(page));
  }
}

describe.skipIf(withoutBrowser)('in a browser', () => {
  test('keys alone lead through the demo, paint a mask, and reach the training', async () => {
    const server = await startServer(join(home, 'keys'));
    const { browser, page, complaints } = await openPage(server.address);
    try {
      await page.getByRole('button', { name: 'Try it with nine chest X-rays' }).waitFor();
      await tabTo(page, /^Try it with nine/, 10);
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Paint the tenth' }).waitFor();
      await expect.poll(() => focused(page), { timeout: 10_000 }).toBe('Guided demo');
      await tabTo(page, /^Paint the tenth/, 3);
      await page.keyboard.press('Enter');
      await page.locator('.painting').waitFor();
      // Thirty images are one stop, in which arrows walk.
      await tabTo(page, new RegExp(`^${tenth}`), 2);
      await page.keyboard.press('ArrowUp');
      expect(await focused(page)).not.toContain(tenth);
      await page.keyboard.press('ArrowDown');
      expect(await focused(page)).toContain(tenth);
      await tabTo(page, /^Painting area/, 1);
      for (const key of ['ArrowLeft', 'Enter', 'ArrowDown', 'ArrowDown', 'Enter']) {
        await page.keyboard.press(key);
      }
      await page.getByText('All changes saved').waitFor();
      expect(await maskOf(server)).toBe(`masks/${tenth}.png`);
      await page.goto(`http://127.0.0.1:${server.port}/#/train`);
      await page.getByText('Learns lung from 10 labelled images').waitFor();
      await tabTo(page, /^Train$/, 15);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await server.stop();
    }
  }, 120_000);

  test('fingers paint on a tablet, where every page fits', async () => {
    const server = await startServer(join(home, 'tablet'));
    const { browser, page, complaints } = await openPage(server.address, {
      ...{ viewport: { width: 1024, height: 768 }, hasTouch: true },
    });
    try {
      await page.getByRole('button', { name: 'Try it with nine chest X-rays' }).tap();
      await page.getByRole('link', { name: 'Paint the tenth' }).tap();
      const painting = page.locator('.painting');
      await painting.waitFor();
      const box = (await painting.boundingBox())!;
      const fingers = await page.context().newCDPSession(page);
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number) =>
        fingers.send('Input.dispatchTouchEvent', {
          type,
          touchPoints:
            y === undefined ? [] : [{ x: box.x + 0.4 * box.width, y: box.y + y * box.height }],
        });
      await touch('touchStart', 0.3);
      for (let y = 0.3; y < 0.6; y += 0.03) await touch('touchMove', y);
      await touch('touchEnd');
      await page.getByText('All changes saved').waitFor();
      expect(await maskOf(server)).toBe(`masks/${tenth}.png`);
      for (const step of ['annotate', 'data', 'train', 'results', 'use']) {
        await page.goto(`http://127.0.0.1:${server.port}/#/${step}`);
        await page.locator('h1').waitFor();
        await looksRight(page, `tablet ${step}`);
      }
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await server.stop();
    }
  }, 120_000);
});
