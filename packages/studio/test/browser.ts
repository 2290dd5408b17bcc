/**
 * A real browser for tests of pages: Debian's Chromium, or the one that CHROMIUM names. Without one such tests are
 * skipped, with a line that says so, but not in CI.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

export const root = join(import.meta.dirname, '..', '..', '..');

const executablePath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
].find((path) => path && runs(path));

/** Ubuntu has a file of that name that only says which snap to install. */
function runs(path: string): boolean {
  return spawnSync(path, ['--version']).status === 0;
}

export const withoutBrowser = !executablePath;
if (withoutBrowser) {
  const missing =
    'NOT TESTED in a browser: there is no Chromium; apt install chromium, or set CHROMIUM';
  if (process.env.CI) throw new Error(missing);
  console.error(`\n!!! ${missing}\n`);
}

export interface Opened {
  readonly browser: Browser;
  readonly page: Page;
  /** What the console says that it should not: errors of scripts, and of the security policy. */
  readonly complaints: string[];
}

type Context = Parameters<Browser['newContext']>[0];

export async function openPage(address: string, context: Context = {}): Promise<Opened> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await (
    await browser.newContext({
      ...{ viewport: { width: 1280, height: 900 }, colorScheme: 'light', acceptDownloads: true },
      ...{ reducedMotion: 'reduce', ...context },
    })
  ).newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    // A server is killed on purpose, and an image has no mask at first.
    const expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_CONNECTION_RESET|404/.test(text);
    if (message.type() === 'error' && !expected) complaints.push(text);
  });
  await page.goto(address);
  return { browser, page, complaints };
}

/** Axe finds nothing serious on this page, in either theme, and nothing is wider than the window. */
export async function looksRight(page: Page, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await expect
      .poll(() => page.evaluate('document.documentElement.dataset.theme'), { timeout: 10_000 })
      .toBe(theme);
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
    const found = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
    expect([name, theme, found]).toEqual([name, theme, []]);
    const beyond = 'document.documentElement.scrollWidth - innerWidth';
    expect([name, theme, await page.evaluate(beyond)]).toEqual([name, theme, 0]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
