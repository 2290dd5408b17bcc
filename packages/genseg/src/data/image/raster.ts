/**
 * Decodes PNG, JPEG, TIFF, BMP and GIF bytes exactly as stored: 16 bits stay 16 bits, gray stays one
 * channel, alpha is kept, no colour profile or EXIF rotation is applied (CMYK alone is converted to
 * RGB). What pixels mean is left to read.ts (images) and ../mask/read.ts (masks).
 */
import { readFile } from 'node:fs/promises';
import { decode as decodePng } from 'fast-png';
import sharp from 'sharp';
import { DataError } from '../../errors.ts';
import { decodeBmp } from './bmp.ts';
import { checkSize, type Image } from './image.ts';

/** Stored pixels and what the header says of them. */
export interface Raster extends Image {
  /** The last channel is alpha. */
  readonly alpha: boolean;
  /** EXIF orientation, 1 (upright) to 8; not yet applied. */
  readonly orientation: number;
  readonly format: string;
  readonly cmyk: boolean;
  /** 0xrrggbb by index; only where `indices` were asked for and the file has a palette. */
  readonly palette?: readonly number[];
}

/** Reads a whole file; an empty or unreadable one is a DataError. */
export async function readBytes(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new DataError(
      `${path}: cannot be read (${cause.message}); check the path and its rights`,
      {
        cause,
      },
    );
  });
  if (bytes.length === 0) {
    throw new DataError(`${path}: the file is empty (0 bytes); copy or export it again`);
  }
  return bytes;
}

/**
 * Decodes an image file's bytes; `file` is only for messages. With `indices`, palette and 1-, 2- and
 * 4-bit PNGs give their raw numbers instead of colours.
 */
export async function decodeRaster(
  bytes: Uint8Array,
  file: string,
  { indices = false, mostPixels }: { indices?: boolean; mostPixels?: number } = {},
): Promise<Raster> {
  if (bytes[0] === 0x42 && bytes[1] === 0x4d) {
    const plain = { alpha: false, orientation: 1, format: 'bmp', cmyk: false, bits: 8 } as const;
    return { ...decodeBmp(bytes, file), ...plain };
  }
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: Error) => {
      throw undecodable(file, cause);
    });
  const { format, width, height, orientation = 1, hasAlpha = false, channels = 0 } = header;
  if (!['png', 'jpeg', 'tiff', 'gif'].includes(format)) {
    throw new DataError(`${file}: ${format} is not read; save it as PNG, JPEG, TIFF, BMP or GIF`);
  }
  checkSize({ width, height }, file, { mostPixels });
  if ((header.pages ?? 1) > 1) {
    throw new DataError(
      `${file}: has ${header.pages} pages where one image is expected; save each page as a file of its own`,
    );
  }
  if (header.depth !== 'uchar' && header.depth !== 'ushort') {
    throw new DataError(
      `${file}: ${header.depth} pixels are not read; save it with 8 or 16 bits per channel`,
    );
  }
  const { isPalette, isProgressive, bitsPerSample = 8 } = header;
  const packed = bitsPerSample < 8; // interlaced packed pixels fast-png does not read: they give colours
  if (indices && format === 'png' && (packed ? !isProgressive : isPalette)) {
    return decodeIndices(bytes, file);
  }

  const bits = header.depth === 'ushort' ? 16 : 8;
  const cmyk = header.space === 'cmyk';
  // A gray target drops alpha, so gray with alpha is decoded as colour.
  const gray = channels === 1;
  const space = bits === 16 ? (gray ? 'grey16' : 'rgb16') : gray ? 'b-w' : 'srgb';
  const { data, info } = await sharp(bytes, {
    failOn: 'error',
    limitInputPixels: false,
    ignoreIcc: !cmyk,
  })
    .toColourspace(space)
    .raw({ depth: bits === 16 ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: Error) => {
      throw undecodable(file, cause);
    });
  return {
    data:
      bits === 16
        ? new Uint16Array(new Uint8Array(data).buffer)
        : new Uint8Array(data.buffer, data.byteOffset, data.length),
    width,
    height,
    channels: info.channels,
    bits,
    alpha: hasAlpha,
    orientation,
    format,
    cmyk,
  };
}

/** The raw numbers of a palette PNG or of a gray PNG below 8 bits, which fast-png leaves packed. */
function decodeIndices(bytes: Uint8Array, file: string): Raster {
  try {
    const { data, width, height, depth, palette } = decodePng(bytes);
    const indices = new Uint8Array(width * height);
    const perByte = 8 / depth;
    const stride = Math.ceil(width / perByte);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const byte = data[y * stride + Math.floor(x / perByte)];
        indices[y * width + x] = (byte >> (8 - depth - (x % perByte) * depth)) & (2 ** depth - 1);
      }
    }
    return {
      data: indices,
      width,
      height,
      channels: 1,
      bits: 8,
      alpha: false,
      orientation: 1,
      format: 'png',
      cmyk: false,
      palette: palette?.map(([r, g, b]) => (r << 16) | (g << 8) | b),
    };
  } catch (cause) {
    throw undecodable(file, cause as Error);
  }
}

/** A NIfTI file by its name. */
export const isVolume = (file: string): boolean => /\.nii(\.gz)?$/i.test(file);
export const volumesAreNotRead =
  'NIfTI volumes are not read here; save their slices as PNG, as genseg data prepare does for public data sets';

function undecodable(file: string, cause: Error): DataError {
  const reason = cause.message.split('\n')[0];
  if (isVolume(file)) return new DataError(`${file}: ${volumesAreNotRead}`, { cause });
  return new DataError(
    `${file}: is damaged or not an image (${reason}); open it in a viewer, then export or copy it again`,
    { cause },
  );
}
