/** PNG files of pictures, masks and probability maps. */
import { encode } from 'fast-png';
import type { Image, Size } from '../data/index.ts';
import { DataError } from '../errors.ts';

/** Any 8 or 16 bit image of 1 to 4 channels. */
export function encodePng({ data, width, height, channels, bits }: Image): Uint8Array {
  return encode({ data, width, height, channels, depth: bits });
}

/**
 * A mask `[H, W]` of class ids; with `binary` background is 0 and any class 255, as viewers show it. Not
 * for masks with pixels without a label, which are 255 as well.
 */
export function encodeMask(
  mask: Uint8Array,
  size: Size,
  { binary = false }: { binary?: boolean } = {},
): Uint8Array {
  return encodePng(gray(binary ? mask.map((id) => (id === 0 ? 0 : 255)) : mask, size));
}

/** Probabilities `[H, W]` in 0..1 as gray: 0 is black, 1 white. */
export function encodeProbabilities(
  probabilities: Float32Array,
  size: Size,
  { bits = 8 }: { bits?: 8 | 16 } = {},
): Uint8Array {
  const white = 2 ** bits - 1;
  const levels = new (bits === 8 ? Uint8Array : Uint16Array)(probabilities.length);
  for (let i = 0; i < levels.length; i++) {
    const p = probabilities[i];
    if (!(p >= 0 && p <= 1)) {
      throw new DataError(
        `probability ${p} at pixel ${i} is not in 0..1; pass the logits through a sigmoid or softmax first`,
      );
    }
    levels[i] = Math.round(white * p);
  }
  return encodePng(gray(levels, size));
}

const gray = (data: Uint8Array | Uint16Array, { width, height }: Size): Image => ({
  data,
  width,
  height,
  channels: 1,
  bits: data instanceof Uint16Array ? 16 : 8,
});
