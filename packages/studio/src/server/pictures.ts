/**
 * Pictures for the page: every one is decoded and encoded anew, so that what a browser gets is a PNG or WebP of our
 * making and never an uploaded file. 16-bit images are shown from their darkest to their brightest value.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImage, resizeMask, type Size } from 'genseg/data';
import { writeFileAtomic } from 'genseg/run';
import sharp, { type Sharp } from 'sharp';
import type { ClassInfo } from '../api.ts';
import { RequestError } from './errors.ts';

/** As genseg reads at most. */
const limitInputPixels = 2 ** 26;

export interface Mask extends Size {
  /** Class ids `[H, W]`. */
  readonly ids: Uint8Array;
}

/** Lets a few tasks run at a time, the others wait: each may hold a decoded image. */
export function createGate(places = 2): <T>(task: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** The image upright, 8 bits, gray or RGB. @throws RequestError where it cannot be read. */
async function open(path: string): Promise<Sharp> {
  const source = sharp(path, { limitInputPixels, autoOrient: true });
  const {
    depth,
    format,
    pages = 1,
  } = await source.metadata().catch(() => ({ depth: undefined, format: undefined, pages: 1 }));
  const plain = depth === 'uchar' && ['png', 'jpeg'].includes(format ?? '') && pages === 1;
  if (plain) return source.removeAlpha();
  const image = await readImage(path).catch((cause: Error) => {
    throw new RequestError(422, cause.message, { cause });
  });
  const { width, height, bits } = image;
  const channels = image.channels < 3 ? 1 : 3;
  const levels = bits === 8 ? [0, 255] : extremes(image.data);
  const data = new Uint8Array(width * height * channels);
  const factor = 255 / Math.max(1, levels[1] - levels[0]);
  for (let i = 0, pixel = 0; i < data.length; pixel++) {
    for (let c = 0; c < channels; c++, i++) {
      data[i] = Math.round((image.data[pixel * image.channels + c] - levels[0]) * factor);
    }
  }
  return sharp(data, { raw: { width, height, channels } });
}

function extremes(values: Uint8Array | Uint16Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The image as PNG in its own size, or at most `size` px a side. */
export async function imagePng(path: string, size?: number): Promise<Buffer> {
  const image = await open(path);
  return await fitted(image, size).png({ compressionLevel: 3 }).toBuffer();
}

const fitted = (image: Sharp, size?: number): Sharp =>
  size === undefined
    ? image
    : image.resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true });

export interface Thumbnail {
  /** px of the longer side. */
  readonly size: number;
  /** Drawn over it in the colours of the classes. */
  readonly mask?: Mask;
  readonly classes: readonly ClassInfo[];
}

/** A small WebP, with the mask over it where one is given. */
export async function thumbnail(path: string, { size, mask, classes }: Thumbnail): Promise<Buffer> {
  const small = fitted(await open(path), size);
  const picture = mask ? await tinted(small, mask, classes) : small;
  return await picture.webp({ quality: 80 }).toBuffer();
}

/** An image in its own size with a mask over it, as PNG. */
export async function overlayPng(
  path: string,
  mask: Mask,
  classes: readonly ClassInfo[],
): Promise<Buffer> {
  const picture = await tinted(await open(path), mask, classes);
  return await picture.png({ compressionLevel: 3 }).toBuffer();
}

/** Every class a translucent fill in its colour, with a line around it. */
async function tinted(image: Sharp, mask: Mask, classes: readonly ClassInfo[]): Promise<Sharp> {
  const { data, info } = await image
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const ids = resizeMask(mask.ids, mask, info);
  const colours = classes.map(({ colour }) =>
    [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)),
  );
  const isEdge = edgesOf(ids, info);
  const out = channels === 3 ? data : new Uint8Array(ids.length * 3);
  for (let i = 0; i < ids.length; i++) {
    const colour = ids[i] === 0 ? undefined : colours[ids[i]];
    const opacity = colour && isEdge(i) ? 1 : 0.4;
    for (let c = 0; c < 3; c++) {
      const value = data[i * channels + (channels < 3 ? 0 : c)];
      out[3 * i + c] = colour ? Math.round((1 - opacity) * value + opacity * colour[c]) : value;
    }
  }
  return sharp(out, { raw: { width, height, channels: 3 } });
}

/** Whether a pixel lies at the edge of its class, in a line as thick as suits the picture; its border is none. */
function edgesOf(ids: Uint8Array, { width, height }: Size): (i: number) => boolean {
  const thick = Math.max(1, Math.round(Math.min(width, height) / 250));
  return (i) => {
    const x = i % width;
    const y = (i - x) / width;
    return (
      (x >= thick && ids[i - thick] !== ids[i]) ||
      (x + thick < width && ids[i + thick] !== ids[i]) ||
      (y >= thick && ids[i - thick * width] !== ids[i]) ||
      (y + thick < height && ids[i + thick * width] !== ids[i])
    );
  };
}

/** Any PNG of ours, encoded anew and at most `size` px a side. */
export const pngAgain = (path: string, size?: number): Promise<Buffer> =>
  fitted(sharp(path, { limitInputPixels }), size).png().toBuffer();

/** Keeps what was made under a name that says all it was made of. */
export async function cached(
  folder: string,
  name: string,
  make: () => Promise<Buffer>,
): Promise<Buffer> {
  const path = join(folder, name);
  if (existsSync(path)) return readFileSync(path);
  const made = await make();
  writeFileAtomic(path, made);
  return made;
}
