/** What inspection says of damaged, odd and leaking data; that its manifest loads what it describes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  inspect,
  loadCases,
  type Manifest,
  parseManifest,
  splitCases,
} from '../../src/data/index.ts';
import { dataSet, picture, png, square, writeFiles } from './fixtures.ts';

const image = (seed: number) => png(picture(seed));
const mask = png(square());
const good = {
  'images/a.png': image(1),
  'masks/a.png': mask,
  'images/b.png': image(2),
  'masks/b.png': mask,
};
const asSharp = (data: Uint8Array, width = 16) =>
  sharp(Buffer.from(data), { raw: { width, height: data.length / width, channels: 1 } });

async function look(files: Record<string, unknown>) {
  const root = await dataSet(files);
  const inspection = await inspect(root);
  return { root, ...inspection, ids: inspection.manifest.cases.map(({ id }) => id) };
}

describe('one bad file is a problem and does not stop the rest', () => {
  const large = new DataView(mask.slice().buffer);
  large.setUint32(16, 30_000);
  large.setUint32(20, 30_000);
  const header = new Uint8Array(large.buffer);

  test.each([
    ['a truncated image', { 'images/z.png': image(3).subarray(0, 90) }, /z\.png: is damaged/],
    ['a truncated mask', { 'masks/z.png': mask.subarray(0, 60) }, /masks\/z\.png: is damaged/],
    ['an empty file', { 'images/z.png': '' }, /images\/z\.png: the file is empty \(0 bytes\)/],
    ['text', { 'images/z.png': 'not found' }, /images\/z\.png: is damaged or not an image/],
    ['1 x 1', { 'images/z.png': png(new Uint8Array(1), { width: 1 }) }, /1 x 1 px is too small/],
    ['30,000 px', { 'images/z.png': header }, /30000 x 30000 px is too large/],
    [
      'a mask of another size',
      { 'masks/z.png': png(square({ width: 20 }), { width: 20 }) },
      /masks\/z\.png: the mask is 20 x 16 px but its image is 16 x 16 px; export the mask/,
    ],
  ])('%s', async (_, files, message) => {
    const { ids, problems } = await look({
      ...good,
      'images/z.png': image(3),
      'masks/z.png': mask,
      ...files,
    });
    expect(ids).toEqual(['a', 'b']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ severity: 'error', kind: 'unusable' });
    expect(problems[0].message).toMatch(message);
    expect(problems[0].message).not.toContain('\n');
  });

  test('an image of another kind', async () => {
    const { ids, problems } = await look({
      'dataset.json': { labels: { background: 0, a: 1 } },
      ...Object.fromEntries(
        [1, 2, 3].flatMap((i) => [
          [`imagesTr/c${i}_0000.png`, image(i)],
          [`labelsTr/c${i}.png`, mask],
        ]),
      ),
      'imagesTr/c3_0001.png': image(9),
    });
    expect(ids).toEqual(['c1', 'c2']);
    expect(problems[0].message).toMatch(/c3_0000\.png: has 2 channels where the others have 1/);
  });

  test('a case of which channel files are missing is not gray among colour', async () => {
    const { ids, problems } = await look({
      'dataset.json': { labels: { background: 0, a: 1 } },
      ...Object.fromEntries(
        [1, 2, 3].flatMap((i) => [
          ...[0, 1, 2].map((c) => [`imagesTr/c${i}_000${c}.png`, image(3 * i + c)]),
          [`labelsTr/c${i}.png`, mask],
        ]),
      ),
      'imagesTr/c4_0001.png': image(13),
      'labelsTr/c4.png': mask,
    });
    expect(ids).toEqual(['c1', 'c2', 'c3']);
    expect(problems).toMatchObject([{ severity: 'error', kind: 'channels-mismatch' }]);
    expect(problems[0].message).toMatch(
      /c4_0001\.png: has 1 channel where the others have 3; add c4_0000\.png, c4_0002\.png$/,
    );
  });

  test('only bad files end with the first problem', async () => {
    const root = await dataSet({ 'images/z.png': '', 'masks/z.png': mask });
    await expect(inspect(root)).rejects.toThrow(/z\.png: the file is empty/);
  });
});

describe('masks that teach nothing', () => {
  const empty = png(square({ on: 0 }));
  const full = png(square({ on: 255, off: 255 }));

  test('a single empty or full mask is a warning', async () => {
    const { problems, ids } = await look({ ...good, 'masks/a.png': empty, 'masks/b.png': full });
    expect(ids).toEqual(['a', 'b']);
    expect(problems.map(({ severity, kind }) => [severity, kind])).toEqual([
      ['warning', 'empty-mask'],
      ['warning', 'full-mask'],
    ]);
    expect(problems[0].message).toMatch(/masks\/a\.png: the mask is empty; draw/);
    expect(problems[1].message).toMatch(/masks\/b\.png: the mask covers the whole image/);
  });

  test.each([
    ['empty', empty, 'empty-mask'],
    ['full', full, 'full-mask'],
  ])('all masks %s is an error', async (_, bytes, kind) => {
    const { problems } = await look({ ...good, 'masks/a.png': bytes, 'masks/b.png': bytes });
    expect(problems.map((problem) => [problem.severity, problem.kind])).toEqual([
      ['error', kind],
      ['error', kind],
    ]);
  });

  test('no mask at all is an error', async () => {
    const { problems, manifest } = await look({
      'images/a.png': image(1),
      'images/b.png': image(2),
    });
    expect(problems.map(({ severity, kind }) => [severity, kind])).toEqual([
      ['error', 'missing-mask'],
      ['error', 'missing-mask'],
    ]);
    expect(manifest.coding).toBeNull();
  });
});

describe('duplicates', () => {
  test('across splits they are reported, and the training copy is left out', async () => {
    const { duplicates, problems, manifest } = await look({
      'train/images/a.png': image(1),
      'train/masks/a.png': mask,
      'train/images/b.png': image(2),
      'train/masks/b.png': mask,
      'train/images/c.png': image(3),
      'train/masks/c.png': mask,
      'test/images/copy.png': image(1),
      'test/masks/copy.png': mask,
    });
    expect(duplicates).toEqual([{ cases: ['a', 'copy'], kind: 'exact', crosses: ['splits'] }]);
    expect(problems.map(({ kind }) => kind)).toEqual(['split']);
    expect(problems[0].message).toMatch(/train\/images\/a\.png: its patient \(or a duplicate\)/);
    expect(splitCases(manifest, { seed: 0 }).unused.map(({ id }) => id)).toEqual(['a']);
  });

  test('without a split they stay together in every draw', async () => {
    const { manifest } = await look({
      ...good,
      'images/copy.png': await asSharp(picture(1)).linear(0.9, 10).png().toBuffer(),
      'masks/copy.png': mask,
    });
    expect(manifest.cases.map(({ group }) => group)).toEqual(['a', 'b', 'a']);
  });
});

describe('EXIF rotation goes to both or none', () => {
  const wide = { width: 24, height: 16 };
  const photo = asSharp(picture(4, wide), 24).withMetadata({ orientation: 6 }).jpeg();
  const upper = square({ from: 2, to: 8, ...wide });
  /** The same mask turned clockwise, as viewers show the photo. */
  const turned = Uint8Array.from({ length: 384 }, (_, i) => {
    const [x, y] = [i % 16, Math.floor(i / 16)];
    return upper[(15 - x) * 24 + y];
  });

  test.each([
    ['stored pixels', png(upper, { width: 24 })],
    ['the upright picture', png(turned, { width: 16 })],
  ])('a mask drawn on %s', async (_, bytes) => {
    const { manifest, problems } = await look({
      'images/a.jpg': await photo.toBuffer(),
      'masks/a.png': bytes,
    });
    expect(problems).toEqual([]);
    expect(manifest.cases[0]).toMatchObject({ width: 16, height: 24 });
    const [{ mask }] = await loadCases(manifest.cases, manifest);
    expect(mask).toEqual(turned.map((v) => v / 255));
  });

  const points = [
    [2, 2],
    [14, 2],
    [14, 8],
    [2, 8],
  ];
  const drawn = Uint8Array.from({ length: 256 }, (_, i) =>
    i % 16 >= 2 && i % 16 < 14 && i >= 32 && i < 128 ? 255 : 0,
  );
  test.each([
    [3, 'masks/a.png', png(drawn)],
    [6, 'masks/a.png', png(drawn)],
    [6, 'masks/a.json', { shapes: [{ label: 'cell', points }] }],
  ])(
    'orientation %i, %s: what fits both ways is taken as drawn on the upright picture',
    async (orientation, path, content) => {
      const square = asSharp(picture(4)).withMetadata({ orientation }).jpeg();
      const { manifest } = await look({ 'images/a.jpg': await square.toBuffer(), [path]: content });
      const [{ mask }] = await loadCases(manifest.cases, manifest);
      expect(mask).toEqual(drawn.map((v) => v / 255));
      expect(manifest.inferred).toContain(
        'mask taken as drawn on the picture that EXIF turns (its size fits either way): 1 of 1 images',
      );
    },
  );
});

describe('the manifest', () => {
  test('is the same for the same files and survives JSON', async () => {
    const { root, manifest } = await look(good);
    expect((await inspect(root)).manifest).toEqual(manifest);
    expect(parseManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
    expect(() => parseManifest({ ...manifest, version: 2 })).toThrow();
  });

  test('tells what was seen', async () => {
    const rgba = Uint8Array.from([...picture(1)].flatMap((v) => [v, v, v, 255]));
    const { manifest } = await look({ ...good, 'images/a.png': png(rgba, { channels: 4 }) });
    expect(manifest.inferred).toEqual([
      'layout: two folders (images, masks)',
      'values 0 and 255 -> background, class 1',
      'alpha channel dropped: 1 of 2 images',
      'gray stored as RGB taken as one channel: 1 of 2 images',
    ]);
    expect(manifest.fingerprint).toMatchObject({ channels: 1, bits: 8, width: [16, 16, 16] });
  });

  test('of an even number of sides the larger of the two in the middle is told', async () => {
    const widths = [10, 12, 20, 24];
    const files = widths.flatMap((width, i): [string, Uint8Array][] => [
      [`images/${i}.png`, png(picture(i, { width }), { width })],
      [`masks/${i}.png`, png(square({ to: 8, width }), { width })],
    ]);
    const { fingerprint } = (await look(Object.fromEntries(files))).manifest;
    expect(fingerprint).toMatchObject({ width: [10, 20, 24], height: [16, 16, 16] });
  });

  test('16-bit images keep their depth, and the range of the data set is known', async () => {
    const wide = (seed: number) => png(Uint16Array.from(picture(seed), (v) => 1000 + 10 * v));
    const { manifest } = await look({ ...good, 'images/a.png': wide(1), 'images/b.png': wide(2) });
    expect(manifest.fingerprint.bits).toBe(16);
    const { low, high } = manifest.fingerprint.intensity;
    expect(low[0]).toBeGreaterThanOrEqual(1000);
    expect(high[0]).toBeLessThanOrEqual(3550);
    manifest.fingerprint.intensity.per = 'dataset';
    const [{ image }] = await loadCases(manifest.cases, manifest);
    expect(image[7]).toBeCloseTo((1000 + 10 * picture(1)[7] - low[0]) / (high[0] - low[0]), 5);
  });

  test('of a test set follows the classes of the training set', async () => {
    const { manifest } = await look({
      'images/a.png': image(1),
      'masks/a.png': png(square({ on: 2 }).map((v, i) => (i < 16 ? 1 : v))),
    });
    const other = await dataSet({
      'images/t.png': image(2),
      'masks/t.png': png(square({ on: 2 })),
    });
    const test = await inspect(other, { like: manifest });
    expect(test.manifest.cases[0].labels).toEqual([192, 0, 64]);
    const alien = await dataSet({ 'images/t.png': image(2), 'masks/t.png': mask });
    await expect(inspect(alien, { like: manifest })).rejects.toThrow(/2 classes .* where 3/);
  });
});

describe('loading', () => {
  async function loaded(files: Record<string, unknown>) {
    const { root, manifest } = await look(files);
    return { root, manifest, samples: await loadCases(manifest.cases, manifest) };
  }

  test('gives images in 0..1 and class ids, in the order asked for', async () => {
    const { manifest } = await look(good);
    const { fingerprint } = manifest;
    const samples = await loadCases(manifest.cases, manifest, {
      fingerprint: { ...fingerprint, intensity: { ...fingerprint.intensity, per: 'dataset' } },
    });
    expect(samples.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(samples[1].image).toEqual(Float32Array.from(picture(2), (v) => Math.fround(v / 255)));
    expect(samples[1].mask).toEqual(square({ on: 1 }));
  });

  test('at a size: image smoothed, mask without new classes', async () => {
    const { manifest } = await loaded(good);
    const size = { width: 8, height: 8 };
    const [{ image, mask, width, height }] = await loadCases(manifest.cases, manifest, { size });
    expect([width, height, image.length]).toEqual([8, 8, 64]);
    expect(mask).toEqual(square({ on: 1, from: 2, to: 6, width: 8, height: 8 }));
  });

  test('polygons load as they were counted; unlabelled images have no mask', async () => {
    const points = [
      [2, 2],
      [9, 2],
      [9, 7],
      [2, 7],
    ];
    const { manifest, samples } = await loaded({
      'a.png': image(1),
      'a.json': { shapes: [{ label: 'cell', points }] },
      'b.png': image(2),
    });
    expect(samples[0].mask!.filter((v) => v === 1)).toHaveLength(35);
    expect(manifest.cases[0].labels).toEqual([221, 35]);
    expect(samples[1].mask).toBeNull();
  });

  test('a file that changed after inspection is refused', async () => {
    const { root, manifest } = await loaded(good);
    await writeFiles(root, { 'masks/a.png': png(square({ from: 5 })) });
    await expect(loadCases(manifest.cases, manifest)).rejects.toThrow(
      /masks\/a\.png: has changed since the data set was inspected/,
    );
  });

  test('hashes are those of the files', async () => {
    const { root, manifest } = await loaded(good);
    const { createHash } = await import('node:crypto');
    const [file] = manifest.cases[0].images;
    const digest = createHash('sha256')
      .update(readFileSync(join(root, file.path)))
      .digest('hex');
    expect(file.sha256).toBe(digest);
  });
});

test('damaged and exact masks of one data set follow one mapping', async () => {
  const side = { width: 64, height: 64 };
  const shape = square({ from: 16, to: 48, ...side });
  const jpeg = await asSharp(shape, 64).blur(1).jpeg({ quality: 40 }).toBuffer();
  const { manifest } = await look({
    'images/a.png': png(picture(1, side), { width: 64 }),
    'masks/a.jpg': jpeg,
    'images/b.png': png(picture(2, side), { width: 64 }),
    'masks/b.png': png(shape, { width: 64 }),
  });
  expect(manifest.inferred.slice(1)).toEqual([
    'values 0 and 255 -> background, class 1',
    '1 mask had in-between values (JPEG damage), thresholded at 128',
  ]);
  const [a, b] = (manifest satisfies Manifest).cases.map(({ labels }) => labels![1]);
  expect(b).toBe(1024);
  expect(Math.abs(a - b)).toBeLessThan(40);
});
