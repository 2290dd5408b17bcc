import { expect, test } from 'vitest';
import { decodeBmp } from './bmp.ts';

/** A bitmap of 8 x 8 pixels with the given rows of packed bytes, first row first in the file. */
function bitmap(
  rows: readonly (readonly number[])[],
  {
    bits,
    height = 8,
    compression = 0,
    palette = [],
    masks = [],
  }: { bits: number; height?: number; compression?: number; palette?: number[]; masks?: number[] },
): Uint8Array {
  const stride = Math.ceil((8 * bits) / 32) * 4;
  const tables = [...masks, ...palette];
  const start = 54 + 4 * tables.length;
  const bytes = new Uint8Array(start + stride * rows.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, start, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, 8, true);
  view.setInt32(22, height, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  view.setUint32(46, palette.length, true);
  tables.forEach((entry, i) => {
    view.setUint32(54 + 4 * i, entry, true);
  });
  rows.forEach((row, y) => {
    bytes.set(row, start + y * stride);
  });
  return bytes;
}

const eight = <T>(of: (i: number) => T): T[] => Array.from({ length: 8 }, (_, i) => of(i));
const u16 = (...values: number[]) => values.flatMap((v) => [v & 255, v >> 8]);
const rgb = (bytes: Uint8Array) => {
  const { data } = decodeBmp(bytes, 'a.bmp');
  return eight((y) => eight((x) => [...data.subarray(3 * (8 * y + x), 3 * (8 * y + x) + 3)]));
};

test('24 bits: rows run from the bottom, bytes are blue, green, red', () => {
  const pixels = rgb(
    bitmap(
      eight((y) => eight((x) => [x, y, 200]).flat()),
      { bits: 24 },
    ),
  );
  expect(pixels[7][3]).toEqual([200, 0, 3]);
  expect(pixels[0][3]).toEqual([200, 7, 3]);
});

test('a negative height means rows from the top', () => {
  const rows = eight((y) => eight((x) => [x, y, 200]).flat());
  expect(rgb(bitmap(rows, { bits: 24, height: -8 }))[0][3]).toEqual([200, 0, 3]);
});

test('32 bits ignore the fourth byte', () => {
  const rows = eight(() => eight((x) => [x, 2, 3, 99]).flat());
  expect(rgb(bitmap(rows, { bits: 32 }))[0][5]).toEqual([3, 2, 5]);
});

test.each([
  { bits: 1, row: [0b01000000], palette: [0x000000, 0xff8040] },
  { bits: 4, row: [0x01, 0, 0, 0], palette: [0x000000, 0xff8040] },
  { bits: 8, row: [0, 1, 0, 0, 0, 0, 0, 0], palette: [0x000000, 0xff8040] },
])('$bits bits go through the palette', ({ bits, row, palette }) => {
  const pixels = rgb(
    bitmap(
      eight(() => row),
      { bits, palette },
    ),
  );
  expect(pixels[0].slice(0, 3)).toEqual([
    [0, 0, 0],
    [255, 128, 64],
    [0, 0, 0],
  ]);
});

test('16 bits widen 5 bits to 8, 5-6-5 by its bit fields', () => {
  expect(
    rgb(
      bitmap(
        eight(() => u16(...eight(() => 0x7c1f))),
        { bits: 16 },
      ),
    )[0][0],
  ).toEqual([255, 0, 255]);
  const fields = { bits: 16, compression: 3, masks: [0xf800, 0x07e0, 0x001f] };
  expect(
    rgb(
      bitmap(
        eight(() => u16(...eight(() => 0x07ff))),
        fields,
      ),
    )[0][0],
  ).toEqual([0, 255, 255]);
});

test('32 bits with a top bit field in red', () => {
  const fields = { bits: 32, compression: 3, masks: [0xff000000, 0x00ff0000, 0x0000ff00] };
  const rows = eight(() => eight(() => [0, 1, 2, 254]).flat());
  expect(rgb(bitmap(rows, fields))[0][0]).toEqual([254, 2, 1]);
});

test('truncated, compressed and odd bitmaps are refused by name', () => {
  const whole = bitmap(
    eight(() => eight(() => [1, 2, 3]).flat()),
    { bits: 24 },
  );
  expect(() => decodeBmp(whole.subarray(0, whole.length - 1), 'a.bmp')).toThrow(
    /a\.bmp: .* ends before/,
  );
  expect(() => decodeBmp(whole.subarray(0, 20), 'a.bmp')).toThrow(/ends before/);
  expect(() => decodeBmp(bitmap([], { bits: 8, compression: 1 }), 'a.bmp')).toThrow(
    /compressed BMP/,
  );
  expect(() => decodeBmp(bitmap([], { bits: 2 }), 'a.bmp')).toThrow(/2 bits/);
  const noColour = bitmap(
    eight(() => [9]),
    { bits: 8, palette: [0, 1] },
  );
  expect(() => decodeBmp(noColour, 'a.bmp')).toThrow(/palette/);
});
