/**
 * Reads a photograph, X-ray or micrograph for segmentation: alpha dropped, EXIF rotation applied,
 * gray that was stored as RGB brought back to one channel. Masks are read by ../mask/read.ts.
 */
import { type Image, upright } from './image.ts';
import { decodeRaster, type Raster, readBytes } from './raster.ts';

/** An upright image and what was done to make it one. */
export interface SourceImage extends Image {
  /** The EXIF orientation that was applied; 1: none. */
  readonly orientation: number;
  /** Conversions, in words, the same words for every file. */
  readonly notes: readonly string[];
}

export interface ReadOptions {
  /** Larger images are refused; default 67 million. */
  mostPixels?: number;
}

/** Reads an image file. @throws DataError naming the file and the mend. */
export async function readImage(path: string, options: ReadOptions = {}): Promise<SourceImage> {
  return decodeImage(await readBytes(path), path, options);
}

/** Decodes an image file's bytes; `file` is only for messages. */
export async function decodeImage(
  bytes: Uint8Array,
  file: string,
  options: ReadOptions = {},
): Promise<SourceImage> {
  const raster = await decodeRaster(bytes, file, options);
  const { bits, orientation } = raster;
  const colours = raster.channels - (raster.alpha ? 1 : 0);
  const gray = colours === 3 && isGray(raster);
  const channels = gray ? 1 : colours;
  const notes = [
    raster.cmyk && 'CMYK converted to RGB',
    raster.alpha && 'alpha channel dropped',
    gray && 'gray stored as RGB taken as one channel',
    orientation > 1 && 'EXIF rotation applied',
  ].filter((note) => note !== false);
  const data = keepChannels(raster, channels);
  return {
    ...upright({ ...raster, data, channels }, orientation),
    channels,
    bits,
    orientation,
    notes,
  };
}

function isGray({ data, channels }: Raster): boolean {
  for (let i = 0; i < data.length; i += channels) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  }
  return true;
}

/** The first `kept` channels of each pixel. */
function keepChannels({ data, channels }: Raster, kept: number): Uint8Array | Uint16Array {
  if (kept === channels) return data;
  const out = data.slice(0, (data.length / channels) * kept);
  for (let pixel = 0, target = 0; target < out.length; pixel += channels) {
    for (let c = 0; c < kept; c++) out[target++] = data[pixel + c];
  }
  return out;
}
