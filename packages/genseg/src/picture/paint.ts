/** Images and masks as 8-bit RGB pictures to look at. */
import type { Image, Size } from '../data/index.ts';
import { DataError } from '../errors.ts';
import { classColour } from './palette.ts';

/** 8-bit RGB in rows from the top. */
export interface Picture extends Image {
  readonly data: Uint8Array;
  readonly channels: 3;
  readonly bits: 8;
}

export const picture = (data: Uint8Array, { width, height }: Size): Picture => ({
  data,
  width,
  height,
  channels: 3,
  bits: 8,
});

/** Channel planes `[C, H, W]` in 0..1. */
export interface ImagePlanes extends Size {
  readonly image: Float32Array;
}

/** Class ids `[H, W]`. */
export interface MaskPlane extends Size {
  readonly mask: Uint8Array;
}

/**
 * Values are clipped to 0..1. Three channels or more: the first three are red, green and blue; fewer:
 * the first is gray.
 */
export function paintImage({ image, width, height }: ImagePlanes): Picture {
  const pixels = width * height;
  const channels = image.length / pixels;
  if (!Number.isInteger(channels) || channels === 0) {
    throw wrongLength('image', image, { width, height });
  }
  const data = new Uint8Array(3 * pixels);
  for (let c = 0; c < 3; c++) {
    const plane = channels >= 3 ? c * pixels : 0;
    for (let i = 0; i < pixels; i++) data[3 * i + c] = toByte(image[plane + i]);
  }
  return picture(data, { width, height });
}

/** Each class in its colour, on black; gray where there is no label. */
export function paintMask({ mask, width, height }: MaskPlane): Picture {
  checkMask('mask', mask, { width, height });
  const data = new Uint8Array(3 * mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 0) data.set(classColour(mask[i]), 3 * i);
  }
  return picture(data, { width, height });
}

export function checkMask(name: string, mask: Uint8Array, size: Size): void {
  if (mask.length !== size.width * size.height) throw wrongLength(name, mask, size);
}

function wrongLength(name: string, values: ArrayLike<number>, { width, height }: Size): DataError {
  return new DataError(
    `${name} has ${values.length} values, which is not a picture of ${width} x ${height} px; ` +
      'give the size that the array was made with',
  );
}

/** Of 0..1, clipped; NaN becomes 0. */
const toByte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));
