// @ts-check
// Frames per second while painting in the studio, on a large image, in headless Chromium with software rendering.
//
//   node bench/studio-paint.mjs                        2048 px: half a minute
//   node bench/studio-paint.mjs --size 4096
//   node bench/studio-paint.mjs --write                also into docs/studio.md
//
// A real server, a real page; the pointer moves through the browser's own input, 120 times a second.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { machineLine, table, writeBetween } from './lib/report.mjs';
import {
  DOCUMENT,
  frameCells,
  framesDuring,
  openBrowser,
  openStudio,
  root,
  steadily,
} from './lib/studio.mjs';

const options = parseArgs({
  options: {
    size: { type: 'string', default: '2048' },
    seconds: { type: 'string', default: '4' },
    write: { type: 'boolean', default: false },
  },
}).values;
const size = Number(options.size);
const load = loadavg()[0].toFixed(1);
const seconds = Number(options.seconds);

/** What is done, with the keys that prepare it: whole image or closer, a small or a large brush. */
const scenes = [
  { name: 'brush of 24 px, whole image', keys: ['b', '0'] },
  { name: 'brush of 24 px, zoomed in', keys: ['b', '0', '+', '+', '+', '+', '+', '+'] },
  { name: 'brush of 200 px, whole image', keys: ['b', '0', ...Array(12).fill(']')] },
  { name: 'moving the whole image', keys: ['m', '0'] },
];

/** A project with one image, a lung enlarged. */
async function makeProject() {
  const folder = mkdtempSync(join(tmpdir(), 'studio-paint-'));
  mkdirSync(join(folder, 'images'));
  const lung = join(root, 'examples/lungs/train/images/0a7faa2a.png');
  await sharp(lung).resize(size, size).png().toFile(join(folder, 'images/large.png'));
  return folder;
}

/**
 * Holds the button and moves in circles; how long each frame of the page took meanwhile.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<number[]>} ms
 */
async function framesOfAStroke(page) {
  const box = await page.getByRole('application').boundingBox();
  if (!box) throw new Error('the painting area is not shown');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const reach = Math.min(box.width, box.height) * 0.35;
  await page.mouse.move(x + reach, y);
  await page.mouse.down();
  const took = await framesDuring(page, seconds, () =>
    steadily(seconds, (now) => {
      const angle = now * 3;
      const away = reach * (0.6 + 0.4 * Math.cos(now * 1.7));
      return page.mouse.move(x + away * Math.cos(angle), y + away * Math.sin(angle));
    }),
  );
  await page.mouse.up();
  return took;
}

async function main() {
  const folder = await makeProject();
  const studio = await openStudio(folder);
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(studio.url);
    await page.goto(`${new URL('/', studio.url)}#/annotate`);
    await page.getByRole('application').waitFor();
    await page.waitForTimeout(1000);
    const rows = [];
    for (const { name, keys } of scenes) {
      for (const key of keys) await page.keyboard.press(key);
      await page.waitForTimeout(1500);
      const frames = await framesOfAStroke(page);
      const painted = await page.getByRole('button', { name: 'Undo' }).isEnabled();
      if (!painted) throw new Error(`${name}: nothing was painted, so nothing was measured`);
      rows.push([name, ...frameCells(frames)]);
    }
    const text = [
      `${size} × ${size} px in headless Chromium ${browser.version()}, software rendering, window of 1280 × 800.`,
      `${machineLine()}; load average before the run ${load}`,
      '',
      table(['', 'frames a second', 'median, ms', '95 % within, ms', 'longest, ms'], rows),
    ].join('\n');
    console.log(text);
    if (options.write) writeBetween('node bench/studio-paint.mjs', text, DOCUMENT);
  } finally {
    await browser.close();
    await studio.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
