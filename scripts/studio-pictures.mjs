// @ts-check
// Pictures of the studio's pages for docs/studio.md, in both themes, of a project that has been trained and has
// predicted something.
//
//   node scripts/studio-pictures.mjs <project> <case to show being painted>

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser, openStudio } from '../bench/lib/studio.mjs';

const [project, painted] = process.argv.slice(2);
if (!project || !painted) {
  console.error('usage: node scripts/studio-pictures.mjs <project> <case>');
  process.exit(2);
}
const target = fileURLToPath(new URL('../docs/studio', import.meta.url));

/** What stands on a page when it is ready, and whether the picture is of all that can be scrolled to. */
const pages = [
  { name: 'data', path: 'data', ready: 'table.cases tbody img[src]', whole: false },
  { name: 'annotate', path: `annotate/${painted}`, ready: '.painting', whole: false },
  { name: 'train', path: 'train/round-1', ready: '.film img', whole: true },
  { name: 'results', path: 'results', ready: '.calibration', whole: true },
  { name: 'use', path: 'use', ready: 'main h1', whole: false },
];

/**
 * @param {string} folder
 * @param {typeof pages} wanted
 */
async function photograph(folder, wanted) {
  const studio = await openStudio(folder);
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(studio.url);
    for (const { name, path, ready, whole } of wanted) {
      await page.goto(`${new URL('/', studio.url)}#/${path}`);
      await page.locator(ready).first().waitFor();
      const latest = page.locator('section[aria-labelledby="predictions"] a').first();
      if (path === 'use') await latest.click();
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(1500); // pictures load, charts are drawn anew
        await page.screenshot({
          path: join(target, `${name}-${colorScheme}.png`),
          fullPage: whole,
        });
      }
    }
  } finally {
    await browser.close();
    await studio.stop();
  }
}

const empty = mkdtempSync(join(tmpdir(), 'studio-empty-'));
try {
  await photograph(empty, [{ name: 'empty', path: 'data', ready: '#welcome', whole: false }]);
  await photograph(project, pages);
} finally {
  rmSync(empty, { recursive: true, force: true });
}
