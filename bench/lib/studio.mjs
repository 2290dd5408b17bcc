// @ts-check
// What the measurements of the studio share: a real server, a real browser, and how long its frames take.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { peakMemory } from './proc.mjs';

/** @typedef {import('playwright-core').Page} Page */

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const DOCUMENT = new URL('../../docs/studio.md', import.meta.url);

/**
 * The studio, and the address that it prints.
 * @param {string} folder
 */
export async function openStudio(folder) {
  const cli = join(root, 'packages/genseg/bin/genseg.js');
  const child = spawn(process.execPath, [cli, 'studio', folder, '--no-open', '--port', '0'], {
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
  return {
    url,
    /** The most memory that it has had, MiB. */
    peakMemory: () => peakMemory(child.pid) / 2 ** 20,
    stop: () =>
      new Promise((resolve) => {
        child.on('exit', resolve);
        child.kill();
      }),
  };
}

/** Headless, without a graphics card. */
export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });

/**
 * How long each frame of the page took while something was done with it.
 * @param {Page} page
 * @param {number} seconds that it is looked at
 * @param {() => Promise<void>} task takes as long
 * @returns {Promise<number[]>} ms
 */
export async function framesDuring(page, seconds, task) {
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
  await task();
  return /** @type {Promise<number[]>} */ (frames);
}

/**
 * Calls as often as a pointing device does, 120 times a second.
 * @param {number} seconds
 * @param {(now: number) => Promise<void>} move told the seconds since the beginning
 */
export async function steadily(seconds, move) {
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  for (let moves = 1; elapsed() < seconds * 1000; moves++) {
    await move(elapsed() / 1000);
    const wait = (moves / 120) * 1000 - elapsed();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/**
 * Frames a second, and in ms the median, the 95 % quantile and the longest frame.
 * @param {number[]} frames ms
 */
export const frameCells = (frames) =>
  [
    (1000 * frames.length) / frames.reduce((sum, ms) => sum + ms, 0),
    ...[0.5, 0.95, 1].map((share) => quantile(frames, share)),
  ].map((n) => n.toFixed(0));

/**
 * @param {number[]} values
 * @param {number} share
 */
export function quantile(values, share) {
  return [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(share * values.length))
  ];
}
