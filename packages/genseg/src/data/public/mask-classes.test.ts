import sharp from 'sharp';
import { expect, test } from 'vitest';
import { png, square } from '../../../test/data/fixtures.ts';
import { decodeMask } from '../mask/codes.ts';
import { foregroundOf, idsOf, merged } from './mask-classes.ts';

const foreground = async (bytes: Uint8Array, id = 1) =>
  foregroundOf(await decodeMask(bytes, 'a.png'), id, 'a.png');
const ids = async (bytes: Uint8Array) => idsOf(await decodeMask(bytes, 'a.png'), 3, 'a.png');

const drawn = square({ on: 1 });
const gif = () =>
  sharp(square(), { raw: { width: 16, height: 16, channels: 1 } })
    .gif()
    .toBuffer();
const black = [0, 0, 0];

test.each<[what: string, bytes: Uint8Array]>([
  ['0 and 255', png(square())],
  ['0 and 1', png(drawn)],
  ['16 bits', png(Uint16Array.from(square(), (v) => v * 257))],
  [
    'colours',
    png(
      Uint8Array.from(square(), (v) => v).reduce(
        (all, v, i) => all.fill(v, 3 * i, 3 * i + 1),
        new Uint8Array(768),
      ),
      { channels: 3 },
    ),
  ],
  ['a palette of black and red', png(drawn, { palette: [black, [200, 0, 0]] })],
  [
    'smoothed edges',
    png(square().map((v, i) => (v === 0 && i % 16 === 3 ? 100 : v === 0 ? 0 : v - (i % 2)))),
  ],
  ['GIF', await gif()],
])('a mask of %s has its foreground', async (_, bytes) => {
  expect(await foreground(bytes)).toEqual(drawn);
  expect(await foreground(bytes, 2)).toEqual(square({ on: 2 }));
});

test('what JPEG adds to an empty mask is no foreground', async () => {
  const noise = Uint8Array.from({ length: 256 }, (_, i) => (i % 3) * 20);
  const jpeg = await sharp(noise, { raw: { width: 16, height: 16, channels: 1 } })
    .jpeg()
    .toBuffer();
  expect(await foreground(jpeg)).toEqual(new Uint8Array(256));
});

test('values that are no foreground, or no class, are refused', async () => {
  await expect(foreground(png(square({ on: 2 })))).rejects.toThrow(
    /^a\.png: has values from 0 to 2 where/,
  );
  await expect(foreground(png(square({ on: 127 })))).rejects.toThrow(/from 0 to 127/);
  await expect(ids(png(square({ on: 3 })))).rejects.toThrow(
    /^a\.png: has the value 3 where the values 0 to 2/,
  );
  expect(() => idsOf({ codes: [0, Number.NaN], kind: 'value' }, 3, 'a.nii')).toThrow(
    /the value NaN/,
  );
});

test('class ids are values, or indices of a palette', async () => {
  const classes = square({ on: 2, off: 1 });
  expect(await ids(png(classes))).toEqual(classes);
  expect(await ids(png(classes, { palette: [black, [9, 0, 0], [0, 9, 0]] }))).toEqual(classes);
  expect(idsOf({ codes: Float32Array.of(0, 1.9999999), kind: 'value' }, 3, 'a.nii')).toEqual(
    Uint8Array.of(0, 2),
  );
});

test('of merged masks a later one wins where it is not background', () => {
  const [first, second] = [Uint8Array.of(0, 1, 1, 0), Uint8Array.of(0, 0, 2, 2)];
  expect(merged([first, second])).toEqual(Uint8Array.of(0, 1, 2, 2));
  expect(first).toEqual(Uint8Array.of(0, 1, 1, 0));
});
