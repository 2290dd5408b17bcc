/** Small images and masks, and folders that go when a test ends. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { onTestFinished } from 'vitest';
import { Random } from '../../src/random.ts';

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'genseg-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files (path -> bytes, text or JSON value) into a new folder. */
export async function dataSet(files: Record<string, unknown>): Promise<string> {
  const root = await temporaryFolder();
  await writeFiles(root, files);
  return root;
}

export async function writeFiles(root: string, files: Record<string, unknown>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(join(root, path), raw ? content : JSON.stringify(content));
  }
}

interface PngOptions {
  width?: number;
  channels?: number;
  palette?: number[][];
}

/** A PNG, 16 pixels wide unless told; 16-bit data gives a 16-bit file. */
export function png(
  data: Uint8Array | Uint16Array,
  { width = 16, channels = 1, palette }: PngOptions = {},
): Uint8Array {
  const height = data.length / width / channels;
  const depth = data instanceof Uint16Array ? 16 : 8;
  return encode({ data, width, height, channels, depth, palette });
}

/** A smooth gray picture, different for every seed: random values on a 4 x 4 grid, interpolated. */
export function picture(seed: number, { width = 16, height = 16 } = {}): Uint8Array {
  const random = new Random(seed);
  const grid = Array.from({ length: 25 }, () => 255 * random.uniform());
  const out = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [u, v] = [(4 * x) / width, (4 * y) / height];
      const [j, k] = [Math.floor(u), Math.floor(v)];
      const at = (a: number, b: number) => grid[(k + b) * 5 + j + a];
      const top = at(0, 0) * (1 - u + j) + at(1, 0) * (u - j);
      const bottom = at(0, 1) * (1 - u + j) + at(1, 1) * (u - j);
      out[i] = top * (1 - v + k) + bottom * (v - k);
    }
  }
  return out;
}

/** A square of `on` on `off`: columns and rows `from` up to `to`. */
export function square({ on = 255, off = 0, from = 4, to = 12, width = 16, height = 16 } = {}) {
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return Math.min(x, y) >= from && Math.max(x, y) < to ? on : off;
  });
}

/** Files `a`, `b`, ... under templates: `pairs('images/*.png', 'masks/*_seg.png', 'ab')`. */
export function pairs(
  imagePath: string,
  maskPath: string,
  names: string,
  seed = 0,
): Record<string, unknown> {
  return Object.fromEntries(
    [...names].flatMap((name, i) => [
      [imagePath.replace('*', name), png(picture(seed + i))],
      [maskPath.replace('*', name), png(square())],
    ]),
  );
}
