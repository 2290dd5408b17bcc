/**
 * What a decoded image is, which sizes are accepted, and how EXIF orientation turns one.
 * Decoding itself is in raster.ts and bmp.ts.
 */
import { DataError } from '../../errors.ts';

/** Pixels in rows from the top, channels interleaved: `data[(y * width + x) * channels + c]`. */
export interface Image {
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bits: 8 | 16;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const minSide = 8;
export const maxSide = 20_000;
export const maxPixels = 2 ** 26;

/** Refuses sizes that cannot be meant or would not fit in memory; called on the header, before decoding. */
export function checkSize(
  { width, height }: Size,
  file: string,
  { mostPixels = maxPixels }: { mostPixels?: number } = {},
): void {
  const size = `${width} x ${height} px`;
  if (Math.min(width, height) < minSide) {
    throw new DataError(
      `${file}: ${size} is too small to segment (at least ${minSide} x ${minSide}); replace or remove the file`,
    );
  }
  if (Math.max(width, height) > maxSide || width * height > mostPixels) {
    throw new DataError(
      `${file}: ${size} is too large (at most ${maxSide} px a side and ${Math.round(mostPixels / 1e6)} million px); cut it into tiles or scale it down`,
    );
  }
}

/**
 * Turns stored pixels upright. `orientation` is the EXIF tag 0x0112, 1 to 8 (EXIF 2.32, 4.6.5):
 * 2 mirrored, 3 turned by 180 degrees, 4 flipped, 5 transposed, 6 to be turned clockwise,
 * 7 transverse, 8 to be turned counter-clockwise.
 */
export function upright<T extends Uint8Array | Uint16Array | Uint32Array>(
  raster: Size & { readonly data: T; readonly channels: number },
  orientation: number,
): Size & { readonly data: T } {
  const { data, width, height, channels } = raster;
  if (orientation <= 1 || orientation > 8) return { data, width, height };
  const turned = orientation >= 5 ? { width: height, height: width } : { width, height };
  const flipX = [2, 3, 7, 8].includes(orientation);
  const flipY = [3, 4, 6, 7].includes(orientation);
  const out = data.slice() as T;
  let target = 0;
  for (let y = 0; y < turned.height; y++) {
    for (let x = 0; x < turned.width; x++) {
      const [u, v] = orientation >= 5 ? [y, x] : [x, y];
      const source = (flipY ? height - 1 - v : v) * width + (flipX ? width - 1 - u : u);
      for (let c = 0; c < channels; c++) out[target++] = data[source * channels + c];
    }
  }
  return { data: out, ...turned };
}
