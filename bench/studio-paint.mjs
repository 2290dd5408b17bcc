// @ts-check
// Frames per second while painting in the studio, on a large image, in headless Chromium with software rendering.
//
//   node bench/studio-paint.mjs                        2048 px: half a minute
//   node bench/studio-paint.mjs --size 4096
//   node bench/studio-paint.mjs --write                also into docs/studio.md
//
// A real server, a real page; the pointer moves through the browser's own input, 120 times a second.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { machineLine, table, writeBetween } from './report.mjs';

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
const DOCUMENT = new URL('../docs/studio.md', import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

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
 * The studio, and the address that it prints.
 * @param {string} folder
 */
async function openStudio(folder) {
  const cli = join(root, 'packages/genseg/bin/genseg.js');
  const child = spawn(process.execPath, [cli, 'studio', folder, '--no-open'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`genseg studio ended with ${code}`)));
    for (const lines of printed)
      lines.on('line', (line) => {
        const address = /http:\S+/.exec(line)?.[0];
        if (address) resolve(address);
      });
  });
  return { url, stop: () => child.kill() };
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
  // In the page, where there are frames; as text, since this file knows no browser's types.
  const frames = page.evaluate(`new Promise((resolve) => {
    const times = [];
    const started = performance.now();
    const tick = (now) => {
      times.push(now);
      if (now - started < ${seconds * 1000}) requestAnimationFrame(tick);
      else resolve(times.slice(1).map((time, i) => time - times[i]));
    };
    requestAnimationFrame(tick);
  })`);
  const began = performance.now();
  let moves = 0;
  for (let now = 0; now < seconds; now = (performance.now() - began) / 1000) {
    const angle = now * 3;
    const away = reach * (0.6 + 0.4 * Math.cos(now * 1.7));
    await page.mouse.move(x + away * Math.cos(angle), y + away * Math.sin(angle));
    moves++;
    const wait = (moves / 120) * 1000 - (performance.now() - began);
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  const took = /** @type {number[]} */ (await frames);
  await page.mouse.up();
  return took;
}

/**
 * @param {number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  return [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(share * values.length))
  ];
}

async function main() {
  const folder = await makeProject();
  const studio = await openStudio(folder);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
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
      const fps = (1000 * frames.length) / frames.reduce((sum, ms) => sum + ms, 0);
      rows.push([
        name,
        ...[fps, quantile(frames, 0.5), quantile(frames, 0.95), quantile(frames, 1)].map((n) =>
          n.toFixed(0),
        ),
      ]);
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
    studio.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
