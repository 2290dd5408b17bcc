// @ts-check
// An acquisition shift, simulated: the test images as a scanner with another curve, less contrast, a
// softer focus and more noise would have taken them. The masks stay as they are. It stands in for images
// of another hospital where there are none, and shows less than they would.

import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const sharp = createRequire(new URL('../../packages/genseg/package.json', import.meta.url))(
  'sharp',
);

const GAMMA = 1.8; // output = input ^ (1 / gamma), on 0..1
const CONTRAST = 0.6; // of the range, around the middle
const FOCUS = 1.5; // standard deviation of the blur, px
const NOISE = 8; // standard deviation, of 255

/**
 * Writes the shifted copy of `from` (images/, masks/, data.csv) to `to`, unless it is there already.
 * @param {string} from
 * @param {string} to
 */
export async function shiftedCopy(from, to) {
  if (existsSync(to)) return;
  const half = `${to}.part`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(join(half, 'images'), { recursive: true });
  cpSync(join(from, 'masks'), join(half, 'masks'), { recursive: true });
  const normal = gaussian(1);
  for (const name of readdirSync(join(from, 'images')).sort())
    await shift(join(from, 'images', name), join(half, 'images', name), normal);
  renameSync(half, to);
}

/**
 * @param {string} from an 8-bit gray PNG
 * @param {string} to
 * @param {() => number} normal
 */
async function shift(from, to, normal) {
  const { data, info } = await sharp(from)
    .toColourspace('b-w')
    .blur(FOCUS)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const shifted = Uint8Array.from(data, (value) => {
    const curved = 255 * (value / 255) ** (1 / GAMMA);
    const flat = 127.5 + CONTRAST * (curved - 127.5);
    return Math.max(0, Math.min(255, Math.round(flat + NOISE * normal())));
  });
  const { width, height } = info;
  await sharp(shifted, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(to);
}

/**
 * Standard normal numbers (Box and Muller 1958) from a linear congruential stream, the same everywhere.
 * @param {number} seed
 */
function gaussian(seed) {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
