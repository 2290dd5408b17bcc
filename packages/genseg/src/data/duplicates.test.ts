import sharp from 'sharp';
import { expect, test } from 'vitest';
import { picture } from '../../test/data/fixtures.ts';
import { findDuplicates, lookOf } from './duplicates.ts';
import type { Image } from './image/image.ts';
import { decodeImage } from './image/read.ts';

const side = { width: 64, height: 64 };
const image = (seed: number): Image => ({
  data: picture(seed, side),
  ...side,
  channels: 1,
  bits: 8,
});
const open = (seed: number) =>
  sharp(Buffer.from(picture(seed, side)), { raw: { ...side, channels: 1 } });
const one = (id: string, split: 'train' | 'test' | null = null, patient: string | null = null) => ({
  id,
  split,
  patient,
});

test('equal pixels are exact duplicates, whatever the file', async () => {
  const copy = await decodeImage(await open(1).tiff({ compression: 'lzw' }).toBuffer(), 'a.tif');
  const looks = [lookOf(image(1)), lookOf(image(2)), lookOf(copy)];
  expect(findDuplicates([one('a'), one('b'), one('c')], looks)).toEqual([
    { cases: ['a', 'c'], kind: 'exact', crosses: [] },
  ]);
});

test.each([
  ['compressed', () => open(1).jpeg({ quality: 50 })],
  ['halved', () => open(1).resize(32, 32).png()],
  ['brighter', () => open(1).linear(0.8, 40).png()],
  ['in colour', () => open(1).toColourspace('srgb').tint('#ffeecc').png()],
])('a %s copy is a near duplicate', async (_, copy) => {
  const looks = [lookOf(image(1)), lookOf(await decodeImage(await copy().toBuffer(), 'copy'))];
  expect(findDuplicates([one('a'), one('b')], looks)).toMatchObject([{ kind: 'near' }]);
});

test('different pictures are no duplicates, flat ones neither', () => {
  const looks = Array.from({ length: 40 }, (_, seed) => lookOf(image(seed)));
  const flat = [10, 200].map((v) => lookOf({ ...image(0), data: new Uint8Array(4096).fill(v) }));
  const cases = Array.from({ length: 42 }, (_, i) => one(String(i)));
  expect(findDuplicates(cases, [...looks, ...flat])).toEqual([]);
});

test('n copies give the n - 1 pairs with the first', () => {
  const look = lookOf(image(3));
  const pairs = findDuplicates([one('a'), one('b'), one('c')], [look, look, look]);
  expect(pairs.map(({ cases }) => cases.join())).toEqual(['a,b', 'a,c']);
});

test('duplicates across splits and patients are marked as leaks', () => {
  const look = lookOf(image(3));
  const cases = [one('a', 'train', 'p1'), one('b', 'test', 'p2')];
  expect(findDuplicates(cases, [look, look])[0].crosses).toEqual(['splits', 'patients']);
});
