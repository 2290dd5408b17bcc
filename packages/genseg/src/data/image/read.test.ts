import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { picture, png, temporaryFolder } from '../../../test/data/fixtures.ts';
import { DataError } from '../../errors.ts';
import { decodeImage, readImage } from './read.ts';

const gray = picture(1);
const wide = Uint16Array.from({ length: 256 }, (_, i) => i * 257 - (i % 3));
const colour = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 7) % 256);
const source = sharp(Buffer.from(colour), { raw: { width: 16, height: 16, channels: 3 } });
const repeated = (values: Uint8Array, alpha?: number) =>
  Uint8Array.from([...values].flatMap((v) => (alpha === undefined ? [v, v, v] : [v, v, v, alpha])));

/** An 8 x 8 TIFF of 32-bit floats, all 0. */
function floatTiff(): Uint8Array {
  const tags: [tag: number, value: number][] = [
    [256, 8], // width
    [257, 8], // height
    [258, 32], // bits per sample
    [259, 1], // not compressed
    [262, 1], // black is zero
    [273, 200], // offset of the pixels
    [277, 1], // samples per pixel
    [278, 8], // rows in the strip
    [279, 256], // bytes in the strip
    [339, 3], // floating point
  ];
  const bytes = new Uint8Array(456);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, tags.length]);
  tags.forEach(([tag, value], i) => {
    const entry = 10 + 12 * i;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, 4, true); // LONG
    view.setUint32(entry + 4, 1, true);
    view.setUint32(entry + 8, value, true);
  });
  return bytes;
}

describe('pixels survive as stored', () => {
  test('8-bit gray stays one channel', async () => {
    const image = await decodeImage(png(gray), 'a.png');
    expect(image).toMatchObject({ width: 16, height: 16, channels: 1, bits: 8, notes: [] });
    expect(image.data).toEqual(gray);
  });

  test('16-bit gray and RGB keep all 16 bits, in PNG and TIFF', async () => {
    const bytes = png(wide);
    expect((await decodeImage(bytes, 'a.png')).data).toEqual(wide);
    const tiff = await sharp(bytes).toColourspace('grey16').tiff({ compression: 'lzw' }).toBuffer();
    expect(await decodeImage(tiff, 'a.tif')).toMatchObject({ channels: 1, bits: 16, data: wide });
    const rgb = Uint16Array.from({ length: 768 }, (_, i) => i * 85);
    expect((await decodeImage(png(rgb, { channels: 3 }), 'a.png')).data).toEqual(rgb);
  });

  test.each(['png', 'tiff', 'gif'] as const)('RGB as %s', async (format) => {
    const few = colour.map((v) => (v > 127 ? 255 : 0)); // within a GIF palette
    const bytes = await sharp(Buffer.from(few), { raw: { width: 16, height: 16, channels: 3 } })
      .toFormat(format, { compression: 'none', dither: 0 })
      .toBuffer();
    const image = await decodeImage(bytes, `a.${format}`);
    expect(image.channels).toBe(3);
    expect(Buffer.compare(new Uint8Array(image.data), few)).toBe(0);
  });

  test('JPEG comes within its loss', async () => {
    const bytes = await sharp(Buffer.from(gray), { raw: { width: 16, height: 16, channels: 1 } })
      .jpeg({ quality: 95 })
      .toBuffer();
    const { data, channels } = await decodeImage(bytes, 'a.jpg');
    expect(channels).toBe(1);
    expect(Math.max(...data.map((v, i) => Math.abs(v - gray[i])))).toBeLessThan(12);
  });
});

describe('conversions are made and told', () => {
  test('alpha is dropped, gray stored as RGB becomes one channel', async () => {
    const image = await decodeImage(png(repeated(gray, 255), { channels: 4 }), 'a.png');
    expect(image.data).toEqual(gray);
    expect(image.notes).toEqual([
      'alpha channel dropped',
      'gray stored as RGB taken as one channel',
    ]);
  });

  test('a palette becomes its colours', async () => {
    const palette = [
      [10, 20, 30],
      [200, 100, 50],
    ];
    const image = await decodeImage(
      png(
        gray.map((v) => v >> 7),
        { palette },
      ),
      'a.png',
    );
    expect(image.channels).toBe(3);
    expect([...image.data.subarray(0, 3)]).toEqual(palette[gray[0] >> 7]);
  });

  test('CMYK becomes RGB', async () => {
    const white = sharp({ create: { width: 16, height: 16, channels: 3, background: '#fff' } });
    const bytes = await white.toColourspace('cmyk').jpeg().toBuffer();
    const image = await decodeImage(bytes, 'a.jpg');
    expect(image.notes).toContain('CMYK converted to RGB');
    expect(Math.min(...image.data)).toBeGreaterThan(245);
  });

  test('a colour profile does not change values', async () => {
    const bytes = await source.clone().withIccProfile('p3').png().toBuffer();
    const { data } = await sharp(bytes, { ignoreIcc: true })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const image = await decodeImage(bytes, 'a.png');
    expect(Buffer.compare(new Uint8Array(image.data), data)).toBe(0);
  });

  test('EXIF rotation is applied', async () => {
    const bytes = await source.clone().extract({ left: 0, top: 0, width: 16, height: 8 });
    const turned = await bytes.withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const image = await decodeImage(turned, 'a.jpg');
    expect(image).toMatchObject({ width: 8, height: 16, orientation: 6 });
    expect(image.notes).toEqual(['EXIF rotation applied']);
  });
});

describe('what cannot be read is a DataError that names the file', () => {
  const refused = async (bytes: Uint8Array, message: RegExp) => {
    const reading = decodeImage(bytes, 'x/a.img');
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(/^x\/a\.img: [^\n]+; [^\n]+$/);
  };

  test.each(['png', 'jpeg', 'tiff', 'gif'] as const)('truncated %s', async (format) => {
    const bytes = await source.clone().toFormat(format).toBuffer();
    await refused(bytes.subarray(0, bytes.length >> 1), /is damaged/);
  });

  test('text, an unknown format, 1 x 1', async () => {
    await refused(new TextEncoder().encode('no image at all'), /is damaged or not an image/);
    await expect(decodeImage(Uint8Array.of(31, 139), 'a.nii.gz')).rejects.toThrow(
      /^a\.nii\.gz: NIfTI volumes are not read here.*genseg data prepare/,
    );
    await refused(await source.clone().webp().toBuffer(), /webp is not read/);
    await refused(png(new Uint8Array(1), { width: 1 }), /1 x 1 px is too small/);
  });

  test('a header of 30,000 px is refused before anything is allocated', async () => {
    const bytes = png(gray);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(16, 30_000);
    view.setUint32(20, 30_000);
    await refused(bytes, /30000 x 30000 px is too large/);
  });

  test('several pages and floating point', async () => {
    const page = Buffer.from(picture(2, { height: 32 }));
    const raw = { width: 16, height: 32, channels: 1, pageHeight: 16 } as const;
    const pages = await sharp(page, { raw }).tiff().toBuffer();
    await refused(pages, /2 pages/);
    await refused(floatTiff(), /float pixels/);
  });

  test('an empty and a missing file', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'empty.png'), '');
    await expect(readImage(join(folder, 'empty.png'))).rejects.toThrow(
      /empty\.png: the file is empty/,
    );
    await expect(readImage(join(folder, 'none.png'))).rejects.toThrow(
      /none\.png: cannot be read \(ENOENT/,
    );
  });
});
