import { decode } from 'fast-png';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { jsrtImage } from '../../../test/data/downloads.ts';
import { dataSet, picture, png, square } from '../../../test/data/fixtures.ts';
import { DataFiles } from '../files.ts';
import { jsrtRaw, pictures } from './pictures.ts';
import type { Picture, Reader } from './public-set.ts';

async function read(reader: Reader, files: Record<string, Uint8Array>): Promise<Picture> {
  const [image, ...masks] = Object.keys(files);
  const one = {
    id: 'a',
    image,
    patient: null,
    split: null,
    masks: masks.map((path) => ({ path, class: 1 })),
  };
  for await (const found of reader.read(one, {
    files: new DataFiles(await dataSet(files)),
    classes: 2,
  })) {
    return found;
  }
  throw new Error('no picture');
}

test('a picture is kept byte for byte, with its mask and pixel size', async () => {
  const bytes = png(picture(1));
  const found = await read(pictures({ spacing: 0.5 }), { 'A.PNG': bytes, 'm.png': png(square()) });
  expect(found).toMatchObject({
    suffix: '',
    extension: '.png',
    width: 16,
    height: 16,
    spacing: [0.5, 0.5],
  });
  expect(found.bytes).toEqual(Buffer.from(bytes));
  expect(found.mask).toEqual(square({ on: 1 }));
  expect((await read(pictures(), { 'a.png': bytes })).mask).toBeNull();
});

/** A line down the left side: on an upright picture that was turned clockwise, along the top. */
const line = (width: number, height: number) =>
  Uint8Array.from({ length: width * height }, (_, i) => (i % width === 0 ? 255 : 0));

test.each([
  ['not square, and its mask as stored', 8, 16],
  ['square, and its mask as shown', 16, 16],
])('a photograph that EXIF says must be turned is turned: %s', async (_, width, height) => {
  const pixels = line(width, height);
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100 })
    .toBuffer();
  const top = Uint8Array.from({ length: width * height }, (_, i) => (i < height ? 1 : 0));
  const drawn = width === height ? top.map((v) => 255 * v) : pixels;
  const found = await read(pictures(), { 'a.jpg': jpeg, 'm.png': png(drawn, { width }) });
  expect(found).toMatchObject({ extension: '.png', width: height, height: width });
  expect(found.mask).toEqual(top);
  const upright = decode(found.bytes);
  expect([upright.width, upright.height]).toEqual([height, width]);
  expect(upright.data.map((v) => (v > 127 ? 1 : 0))).toEqual(top);
});

test("JSRT's raw X-rays are halved, turned to bright bones and kept in 16 bits", async () => {
  const side = 64;
  const raw = jsrtImage(side);
  const view = new DataView(raw.buffer);
  const files = { 'a.IMG': raw, 'm.png': png(square({ width: 32, height: 32 }), { width: 32 }) };
  const found = await read(jsrtRaw({ side, spacing: 0.175 }), files);
  expect(found).toMatchObject({ extension: '.png', width: 32, height: 32, spacing: [0.35, 0.35] });
  const { data, depth } = decode(found.bytes);
  expect(depth).toBe(16);
  for (const [x, y] of [
    [0, 0],
    [5, 9],
    [31, 31],
  ]) {
    const at = (u: number, v: number) => view.getUint16(2 * ((2 * y + v) * side + 2 * x + u));
    const mean = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4;
    expect(data[32 * y + x]).toBe(16 * (4095 - mean));
  }
});
