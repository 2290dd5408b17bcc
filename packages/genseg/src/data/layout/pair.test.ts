import { expect, test } from 'vitest';
import { dataSet, pairs, picture, png, square } from '../../../test/data/fixtures.ts';
import { inspect } from '../inspect.ts';

const image = (seed: number) => png(picture(seed));
const maskWith = (from: number, to: number) => png(square({ from, to }));

async function look(files: Record<string, unknown>) {
  const root = await dataSet(files);
  const { manifest, problems } = await inspect(root);
  return {
    manifest,
    problems: problems.map(({ kind, message }) => `${kind} ${message.replace(`${root}/`, '')}`),
    labelled: manifest.cases.filter(({ labels }) => labels !== null).map(({ id }) => id),
  };
}

test('a numbered mask of a missing image is not part of another one', async () => {
  const { problems, manifest } = await look({
    'images/ulcer-1.png': image(1),
    'masks/ulcer-1.png': maskWith(2, 4),
    'masks/ulcer-1_1.png': maskWith(6, 8),
    'images/b.png': image(2),
    'masks/b-1.png': maskWith(2, 4),
    'masks/b-2.png': maskWith(6, 9),
    'masks/b-3.png': maskWith(10, 11),
    ...pairs('images/*.png', 'masks/*.png', 'cd', 3),
    'masks/c_mask_1.png': maskWith(12, 14),
  });
  expect(manifest.cases.map(({ labels }) => labels![1])).toEqual([14, 68, 64, 4]);
  expect(manifest.inferred).toContain('2 to 3 masks united: 2 of 4 images');
  expect(problems).toEqual([
    "missing-image masks/ulcer-1_1.png: no image is named like this mask; rename it to its image's name, or remove it",
  ]);
});

test('names pair whether accents are composed or not', async () => {
  const { problems, labelled } = await look({
    ...pairs(`images/${'Füß'.normalize('NFD')}*.png`, `masks/${'Füß'.normalize('NFC')}*.png`, 'ab'),
    ...pairs(`${'ü'.normalize('NFC')}*.png`, `${'ü'.normalize('NFD')}*_mask.png`, 'c'),
  });
  expect(problems).toEqual([]);
  expect(labelled).toEqual(['Füßa', 'Füßb'].map((id) => id.normalize('NFC')));
});

test.each([
  ['Original', 'Ground Truth'],
  ['images', 'GroundTruth'],
  ['imgs', 'ground_truth'],
  ['images', 'label'],
  ['images', 'annotation'],
  ['images', 'segmentations'],
  ['JPEGImages', 'SegmentationClass'],
])('folders %s and %s', async (images, masks) => {
  const { problems, manifest } = await look(pairs(`${images}/*.png`, `${masks}/*.png`, 'ab'));
  expect(problems).toEqual([]);
  expect(manifest.layout).toBe(`two folders (${images}, ${masks})`);
});

test.each([
  [
    'a folder of another name',
    pairs('images/*.png', 'wahrheit/*.png', 'ab'),
    'images (2 .png), wahrheit (2 .png)',
  ],
  [
    'two such folders',
    pairs('bilder/*.png', 'wahrheit/*.png', 'ab'),
    'bilder (2 .png), wahrheit (2 .png)',
  ],
  [
    'files of another type',
    { ...pairs('images/*.png', 'images/*.png', 'ab'), 'masks/a.nii.gz': 'x', 'masks/b.mat': 'x' },
    'images (2 .png), masks (1 .nii.gz, 1 .mat)',
  ],
  [
    'a folder of another name in a split',
    pairs('train/images/*.png', 'train/wahrheit/*.png', 'ab'),
    'train/images (2 .png), train/wahrheit (2 .png)',
  ],
])('images beside %s: one line', async (_, files, folders) => {
  const { problems } = await look(files);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^missing-mask .*: no image has a mask; there are the folders /);
  expect(problems[0]).toContain(
    `there are the folders ${folders}; rename that of the images to images (or imgs, image, `,
  );
});

test('images without masks beside folders of other things stay one line each', async () => {
  const { problems } = await look({
    'images/a.png': image(1),
    'images/b.png': image(2),
    'runs/one/a.png': image(3),
  });
  expect(problems).toHaveLength(2);
});
