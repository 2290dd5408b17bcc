/**
 * Reads a mask file into one number per pixel, its code: a gray value, a palette index or a colour
 * 0xrrggbb. Which class a code stands for is known only over a whole data set: see coding.ts.
 */
import { type Size, upright } from '../image/image.ts';
import { decodeRaster, type Raster } from '../image/raster.ts';

/** Codes in rows from the top. */
export interface MaskCodes extends Size {
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  readonly kind: 'value' | 'index' | 'colour';
  /** 0xrrggbb by index; only for `index`. */
  readonly palette?: readonly number[];
  /** The EXIF orientation that was applied; 1: none. */
  readonly orientation: number;
  /** The file format changes values (JPEG). */
  readonly lossy: boolean;
}

/** How often a code occurs, and where. */
export interface CodeCount {
  count: number;
  /** Pixels whose four neighbours have the same code. */
  interior: number;
  /** Pixels on the image's border. */
  border: number;
}

/** Decodes a mask file's bytes; `file` is only for messages. */
export async function decodeMask(bytes: Uint8Array, file: string): Promise<MaskCodes> {
  const raster = await decodeRaster(bytes, file, { indices: true });
  const { orientation } = raster;
  const { codes, kind } = raster.palette ? paletteCodes(raster) : pixelCodes(raster);
  const turned = upright({ ...raster, data: codes, channels: 1 }, orientation);
  return {
    codes: turned.data,
    width: turned.width,
    height: turned.height,
    kind,
    palette: kind === 'index' ? raster.palette : undefined,
    orientation,
    lossy: raster.format === 'jpeg',
  };
}

type Coded = Pick<MaskCodes, 'codes' | 'kind'>;

const isGray = (rgb: number) => rgb >> 16 === (rgb & 255) && ((rgb >> 8) & 255) === (rgb & 255);

/** A palette of distinct grays only compresses gray values; any other one may carry class ids. */
function paletteCodes({ data, palette = [] }: Raster): Coded {
  if (palette.every(isGray) && new Set(palette).size === palette.length) {
    return { codes: data.map((index) => palette[index] & 255), kind: 'value' };
  }
  return { codes: data, kind: 'index' };
}

function pixelCodes(raster: Raster): Coded {
  const { data, channels, alpha, bits } = raster;
  if (channels === 1) return { codes: bits === 16 ? narrowed(data) : data, kind: 'value' };

  const codes = new Uint32Array(data.length / channels);
  const opacity = new Uint8Array(codes.length).fill(255);
  const shift = bits - 8;
  for (let pixel = 0, i = 0; pixel < codes.length; pixel++, i += channels) {
    const [r, g, b] = [data[i] >> shift, data[i + 1] >> shift, data[i + 2] >> shift];
    codes[pixel] = (r << 16) | (g << 8) | b;
    if (alpha) opacity[pixel] = data[i + channels - 1] >> shift;
  }
  const constant = (values: Uint8Array | Uint32Array) => values.every((v) => v === values[0]);
  if (!constant(opacity)) {
    // One colour under a varying alpha: the mask is the alpha. Else the transparent is background.
    if (constant(codes)) return { codes: opacity, kind: 'value' };
    for (let pixel = 0; pixel < codes.length; pixel++) if (opacity[pixel] === 0) codes[pixel] = 0;
  }
  return codes.every(isGray)
    ? { codes: codes.map((rgb) => rgb & 255), kind: 'value' }
    : { codes, kind: 'colour' };
}

/** 8-bit values that were widened to 16 bits (v * 257) go back; true 16-bit values stay. */
function narrowed(values: Uint8Array | Uint16Array): Uint8Array | Uint16Array {
  return values.every((v) => v % 257 === 0) ? values.map((v) => v / 257) : values;
}

/** The same mask with colours as codes, so that masks of different kinds can be compared. */
export function toColours(mask: MaskCodes): MaskCodes {
  if (mask.kind === 'colour') return mask;
  const colour = colourOf(mask);
  return {
    ...mask,
    codes: new Uint32Array(mask.codes).map(colour),
    kind: 'colour',
    palette: undefined,
  };
}

/** From a code of a mask of this kind and palette to 0xrrggbb. */
export function colourOf({ kind, palette }: Pick<MaskCodes, 'kind' | 'palette'>) {
  return (code: number): number => {
    if (kind === 'index') return palette?.[code] ?? 0;
    return kind === 'value' ? Math.min(code, 255) * 0x010101 : code;
  };
}

/** One mask of several of one size: where a later one is not 0 it wins. */
export function union(masks: readonly MaskCodes[]): MaskCodes {
  const [first] = masks;
  if (masks.length === 1) return first;
  const alike = masks.every((m) => m.kind === first.kind && samePalette(m.palette, first.palette));
  const parts = alike ? masks : masks.map(toColours);
  const codes = parts[0].codes.slice();
  for (const part of parts.slice(1)) {
    for (let i = 0; i < codes.length; i++) if (part.codes[i] !== 0) codes[i] = part.codes[i];
  }
  return { ...parts[0], codes, lossy: masks.some((m) => m.lossy) };
}

/** Whether two palettes agree as far as both go. */
export function samePalette(a: readonly number[] = [], b: readonly number[] = []): boolean {
  return a.every((colour, i) => i >= b.length || colour === b[i]);
}

/** Counts every code of a mask. In a JPEG, neighbours within its noise count as the same code. */
export function countCodes({
  codes,
  width,
  height,
  kind,
  lossy,
}: MaskCodes): Map<number, CodeCount> {
  const same = lossy
    ? (a: number, b: number) => codeDistance(kind, a, b) <= jpegNoise
    : (a: number, b: number) => a === b;
  const counts = new Map<number, CodeCount>();
  let current: CodeCount = { count: 0, interior: 0, border: 0 };
  let last = -1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const code = codes[i];
      if (code !== last) {
        current = counts.get(code) ?? { count: 0, interior: 0, border: 0 };
        counts.set(code, current);
        last = code;
      }
      current.count++;
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) current.border++;
      else if (
        same(codes[i - 1], code) &&
        same(codes[i + 1], code) &&
        same(codes[i - width], code) &&
        same(codes[i + width], code)
      ) {
        current.interior++;
      }
    }
  }
  return counts;
}

const jpegNoise = 8;

/** How far two codes are apart: in gray levels, or in RGB space. */
export function codeDistance(kind: MaskCodes['kind'], a: number, b: number): number {
  if (kind !== 'colour') return Math.abs(a - b);
  return Math.hypot(
    (a >> 16) - (b >> 16),
    ((a >> 8) & 255) - ((b >> 8) & 255),
    (a & 255) - (b & 255),
  );
}
