// @ts-check
// A large project in the studio: how soon the data page shows, how it scrolls, what it asks for and what memory the
// server takes, in headless Chromium with software rendering.
//
//   node bench/studio-data.mjs                         500 images of 1024 px: three minutes
//   node bench/studio-data.mjs --images 50
//   node bench/studio-data.mjs --write                 also into docs/studio.md
//
// Twice in a fresh browser: as the project is opened for the first time, while its files are looked through; and when
// that is done. Beside it the list of ten thousand small images.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  quantile,
  root,
  steadily,
} from './lib/studio.mjs';

const options = parseArgs({
  options: {
    images: { type: 'string', default: '500' },
    size: { type: 'string', default: '1024' },
    seconds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
}).values;
const [images, size, seconds] = [options.images, options.size, options.seconds].map(Number);
const load = loadavg()[0].toFixed(1);
const many = 10_000;

/** Images that are no copies of each other: chest X-rays, enlarged, under clouds of their own. */
async function makeProject() {
  const folder = mkdtempSync(join(tmpdir(), 'studio-data-'));
  for (const place of ['images', 'masks']) mkdirSync(join(folder, place));
  const lungs = join(root, 'examples/lungs/test');
  const names = readdirSync(join(lungs, 'images'));
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  for (let i = 0; i < images; i++) {
    const name = names[i % names.length];
    const clouds = sharp(Uint8Array.from({ length: 64 }, random), {
      raw: { width: 8, height: 8, channels: 1 },
    });
    const cloud = await clouds.resize(size, size, { kernel: 'cubic' }).png().toBuffer();
    const file = `case-${String(i).padStart(4, '0')}.png`;
    const lung = await sharp(join(lungs, 'images', name))
      .resize(size, size)
      .toBuffer();
    await sharp(lung)
      .composite([{ input: cloud, blend: 'overlay' }])
      .toColourspace('b-w')
      .png({ compressionLevel: 3 })
      .toFile(join(folder, 'images', file));
    await sharp(join(lungs, 'masks', name))
      .resize(size, size, { kernel: 'nearest' })
      .toFile(join(folder, 'masks', file));
  }
  return folder;
}

/**
 * What the page and the server do when a fresh browser opens the data page and scrolls it.
 * @param {string} url
 */
async function visit(url) {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const thumbnails = new Set();
    page.on('request', (request) => {
      if (request.url().includes('/thumbnail')) thumbnails.add(request.url());
    });
    const began = performance.now();
    await page.goto(url);
    await page.locator('table.cases tbody th').first().waitFor();
    const rows = performance.now() - began;
    const inSight = `[...document.querySelectorAll('table.cases img')].filter((image) =>
      image.getBoundingClientRect().top < innerHeight)`;
    const loaded = `${inSight}.length > 0 && ${inSight}.every((image) => image.src && image.complete)`;
    while (!(await page.evaluate(loaded))) await page.waitForTimeout(20);
    const pictures = performance.now() - began;
    await page.waitForTimeout(1000); // whatever else it may ask for
    const asked = thumbnails.size;
    const paint = /** @type {number} */ (
      await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`)
    );
    await page.mouse.move(640, 600);
    const frames = await framesDuring(page, seconds, () =>
      steadily(seconds, () => page.mouse.wheel(0, 40)),
    );
    const scrolled = /** @type {number} */ (await page.evaluate('scrollY'));
    if (scrolled < 1000) throw new Error(`only ${scrolled} px were scrolled: nothing was measured`);
    return { paint, rows, pictures, asked, frames };
  } finally {
    await browser.close();
  }
}

/**
 * Seconds that answers of /api/data take.
 * @param {string} url
 */
async function timeData(url, times = 7) {
  const { origin, searchParams } = new URL(url);
  const headers = { Authorization: `Bearer ${searchParams.get('token')}` };
  const took = [];
  let state = '';
  let rows = 0;
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    const answer = await fetch(`${origin}/api/data`, { headers });
    const body = /** @type {any} */ (await answer.json());
    took.push(performance.now() - began);
    rows = body.rows.length;
    state = body.inspection.state;
  }
  return { ms: quantile(took, 0.5), first: took[0], rows, state };
}

/** @param {string} url */
async function inspected(url) {
  for (;;) {
    const { state } = await timeData(url, 1);
    if (state === 'failed') throw new Error('the project could not be looked through');
    if (state === 'fresh') return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** How long the first list of ten thousand images takes. */
async function timeMany() {
  const folder = mkdtempSync(join(tmpdir(), 'studio-many-'));
  mkdirSync(join(folder, 'images'));
  const lung = join(root, 'examples/lungs/train/images/0a7faa2a.png');
  const bytes = await sharp(readFileSync(lung)).resize(16, 16).png().toBuffer();
  for (let i = 0; i < many; i++) writeFileSync(join(folder, 'images', `${i}.png`), bytes);
  const studio = await openStudio(folder);
  try {
    const { first, rows } = await timeData(studio.url, 1);
    if (rows !== many) throw new Error(`${rows} of ${many} images were listed`);
    return { first, memory: studio.peakMemory() };
  } finally {
    await studio.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const folder = await makeProject();
  const studio = await openStudio(folder);
  try {
    const fresh = await visit(studio.url);
    const freshData = await timeData(studio.url);
    if (freshData.rows !== images) throw new Error(`${freshData.rows} images were listed`);
    await inspected(studio.url);
    const known = await visit(studio.url);
    const knownData = await timeData(studio.url);
    const memory = studio.peakMemory();
    const list = await timeMany();
    const cell = (/** @type {number} */ n, unit = '') => `${n.toFixed(0)}${unit}`;
    const ms = (/** @type {number} */ n) => cell(n, ' ms');
    const both = [
      { ...fresh, data: freshData.ms },
      { ...known, data: knownData.ms },
    ];
    const rows = [
      ['first paint', ...both.map(({ paint }) => ms(paint))],
      ['the first rows are there', ...both.map((one) => ms(one.rows))],
      ['so are the pictures in sight', ...both.map(({ pictures }) => ms(pictures))],
      ['pictures asked for before scrolling', ...both.map(({ asked }) => cell(asked))],
      ['`/api/data`, median', ...both.map(({ data }) => ms(data))],
      ...['scrolling, frames a second', 'a frame, median', '95 % of frames within', 'longest'].map(
        (name, i) => [
          name,
          ...both.map(({ frames }) => `${frameCells(frames)[i]}${i === 0 ? '' : ' ms'}`),
        ],
      ),
    ];
    const text = [
      `${images} images of ${size} px with masks, in headless Chromium, software rendering, window of 1280 × 800.`,
      `${machineLine()}; load average before the run ${load}`,
      '',
      table(['', 'while files are looked through', 'afterwards'], rows),
      '',
      `The server's memory was at most ${cell(memory, ' MB')}, after both. A list of ${many.toLocaleString('en')} images comes ${cell(list.first, ' ms')} after the first request, from a server of at most ${cell(list.memory, ' MB')}.`,
    ].join('\n');
    console.log(text);
    if (options.write) writeBetween('node bench/studio-data.mjs', text, DOCUMENT);
  } finally {
    await studio.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
