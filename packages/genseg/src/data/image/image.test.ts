import sharp from 'sharp';
import { expect, test } from 'vitest';
import { checkSize, upright } from './image.ts';
import { decodeRaster } from './raster.ts';

test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i turns as libvips does', async (orientation) => {
  const raw = Buffer.from(Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * 37) % 251));
  const bytes = await sharp(raw, { raw: { width: 24, height: 16, channels: 3 } })
    .withMetadata({ orientation })
    .jpeg()
    .toBuffer();
  const raster = await decodeRaster(bytes, 'a.jpg');
  const turned = upright(raster, raster.orientation);
  const { data, info } = await sharp(bytes, { ignoreIcc: true })
    .autoOrient()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([turned.width, turned.height]).toEqual([info.width, info.height]);
  expect(Buffer.compare(new Uint8Array(turned.data), data)).toBe(0);
});

test('sizes that cannot be meant are refused with their numbers', () => {
  expect(() => checkSize({ width: 1, height: 1 }, 'a.png')).toThrow(
    /a\.png: 1 x 1 px is too small/,
  );
  expect(() => checkSize({ width: 30_000, height: 9 }, 'a.png')).toThrow(
    /30000 x 9 px is too large/,
  );
  expect(() => checkSize({ width: 19_000, height: 19_000 }, 'a.png')).toThrow(/too large/);
  expect(() => checkSize({ width: 8192, height: 8192 }, 'a.png')).not.toThrow();
});
