/** Masks as coloured pixels: class ids through a table of 256 colours. */
import { copyRect, type Mask } from './mask.ts';
import type { Rect } from './rect.ts';

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** `#rrggbb` as numbers. @throws RangeError for anything else. */
export function parseColour(text: string): Colour {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (!digits) throw new RangeError(`colour: expected #rrggbb, got ${text}`);
  return [1, 2, 3].map((i) => Number.parseInt(digits[i], 16)) as unknown as Colour;
}

/**
 * One 32-bit RGBA word per class id, in this machine's byte order; class 0 and hidden classes are transparent,
 * and an id without a colour is white, so that it is seen.
 */
export function paletteWords(
  classes: readonly { id: number; colour: string; hidden?: boolean }[],
): Uint32Array {
  const bytes = new Uint8Array(4 * 256).fill(255);
  bytes.fill(0, 0, 4);
  for (const { id, colour, hidden } of classes)
    bytes.set(hidden || id === 0 ? [0, 0, 0, 0] : [...parseColour(colour), 255], 4 * id);
  return new Uint32Array(bytes.buffer);
}

/** RGBA bytes of a rectangle of the mask, [rows, columns, 4]. */
export function colourRect(
  mask: Mask,
  rect: Rect,
  palette: Uint32Array,
): Uint8ClampedArray<ArrayBuffer> {
  const ids = copyRect(mask, rect);
  const words = new Uint32Array(ids.length);
  for (let i = 0; i < ids.length; i++) words[i] = palette[ids[i]];
  return new Uint8ClampedArray(words.buffer);
}
