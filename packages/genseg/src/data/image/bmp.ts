/**
 * Reads Windows bitmaps (BITMAPINFOHEADER and later): 1, 4, 8, 16, 24 and 32 bits, top-down or
 * bottom-up, palette or bit fields. Run-length compression is refused; 16-bit colour is widened to 8.
 */
import { DataError } from '../../errors.ts';
import { checkSize } from './image.ts';

interface Bitmap {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

const uncompressed = 0;
const bitFields = 3;

/** Decodes a BMP file into RGB; `file` is only for messages. */
export function decodeBmp(bytes: Uint8Array, file: string): Bitmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 54) throw truncated(file);
  const headerSize = view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true); // negative: rows run from the top
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  checkSize({ width, height }, file);
  if (headerSize < 40 || ![1, 4, 8, 16, 24, 32].includes(bits)) {
    throw new DataError(`${file}: this kind of BMP (${bits} bits) is not read; save it as PNG`);
  }
  if (compression !== uncompressed && !(compression === bitFields && bits >= 16)) {
    throw new DataError(`${file}: compressed BMP is not read; save it as PNG`);
  }

  const start = view.getUint32(10, true);
  const stride = Math.ceil((width * bits) / 32) * 4;
  const masksEnd = 14 + Math.max(headerSize, compression === bitFields ? 52 : 40);
  const paletteStart = 14 + headerSize;
  const paletteLength = bits <= 8 ? view.getUint32(46, true) || 2 ** bits : 0;
  if (
    Math.max(start + stride * height, masksEnd, paletteStart + 4 * paletteLength) > bytes.length
  ) {
    throw truncated(file);
  }

  const colour = pixelReader(view, { bits, compression, paletteStart, paletteLength, file });
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, target = 0; y < height; y++) {
    const row = start + stride * (signedHeight < 0 ? y : height - 1 - y);
    for (let x = 0; x < width; x++, target += 3) {
      const rgb = colour(row, x);
      data[target] = rgb >> 16;
      data[target + 1] = (rgb >> 8) & 255;
      data[target + 2] = rgb & 255;
    }
  }
  return { data, width, height, channels: 3 };
}

/** A function from row offset and column to 0xrrggbb. */
function pixelReader(
  view: DataView,
  header: {
    bits: number;
    compression: number;
    paletteStart: number;
    paletteLength: number;
    file: string;
  },
): (row: number, x: number) => number {
  const { bits, compression, paletteStart, paletteLength, file } = header;
  if (bits <= 8) {
    const perByte = 8 / bits;
    return (row, x) => {
      const byte = view.getUint8(row + Math.floor(x / perByte));
      const index = (byte >> (8 - bits - (x % perByte) * bits)) & (2 ** bits - 1);
      if (index >= paletteLength) {
        throw new DataError(
          `${file}: the BMP's palette lacks colour ${index}; export the file again`,
        );
      }
      return view.getUint32(paletteStart + 4 * index, true) & 0xffffff;
    };
  }
  if (bits === 24) {
    return (row, x) => view.getUint16(row + 3 * x, true) | (view.getUint8(row + 3 * x + 2) << 16);
  }
  const masks =
    compression === bitFields
      ? [54, 58, 62].map((offset) => view.getUint32(offset, true))
      : bits === 16
        ? [0x7c00, 0x03e0, 0x001f]
        : [0xff0000, 0x00ff00, 0x0000ff];
  const fields = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, scale: mask === 0 ? 0 : 255 / (mask >>> shift) };
  });
  return (row, x) => {
    const pixel =
      bits === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true);
    return fields.reduce(
      (rgb, { mask, shift, scale }) => (rgb << 8) | Math.round(((pixel & mask) >>> shift) * scale),
      0,
    );
  };
}

const truncated = (file: string) =>
  new DataError(`${file}: the BMP ends before its last row; copy or export the file again`);
