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

test.each([
  ['images/img_*.png', 'masks/mask_*.png', 'mask_1 with img_1'],
  ['images/one/slice_*.png', 'masks/one/*_labels.png', 'one/1_labels with one/slice_1'],
  ['img_*.png', 'mask_*.png', 'mask_1 with img_1'],
  ['images/*_image.png', 'masks/*_label.png', '1_label with 1_image', 'after'],
  ['*_image.png', '*_label.png', '1_label with 1_image', 'after'],
])('%s and %s differ in a word', async (images, masks, example, word = 'before') => {
  const { problems, manifest, labelled } = await look(pairs(images, masks, '123'));
  expect(problems).toEqual([]);
  expect(labelled).toHaveLength(3);
  expect(manifest.cases).toHaveLength(3);
  for (const { images, masks } of manifest.cases) {
    const [image, mask] = [images, masks].map(([{ path }]) => path.match(/[123](?=[^123]*$)/)?.[0]);
    expect(mask).toBe(image);
  }
  expect(manifest.inferred[1]).toBe(
    `masks paired without the word ${word} a name, as ${example}: 3 of 3 images`,
  );
});

test('of each split it is said how its masks were paired; images without masks stay unlabelled', async () => {
  const { manifest, labelled } = await look({
    ...pairs('train/images/img_*.png', 'train/masks/mask_*.png', '12'),
    'train/images/img_3.png': image(7),
    ...pairs('test/images/*.png', 'test/masks/*.png', '4', 9),
  });
  expect(labelled).toEqual(['4', 'img_1', 'img_2']);
  expect(manifest.inferred.filter((text) => text.includes('paired'))).toEqual([
    'train: masks paired without the word before a name, as mask_1 with img_1: 2 of 3 images',
  ]);
});

test.each([
  [
    'a mask without image',
    { 'images/img_1.png': image(1), 'masks/mask_1.png': 1, 'masks/mask_2.png': 1 },
    'mask_2 has no image',
  ],
  [
    'two images of one name',
    { 'images/img_1.png': image(1), 'images/scan_1.png': image(2), 'masks/mask_1.png': 1 },
    'img_1 and scan_1 are both 1',
  ],
  [
    'two masks of one image',
    { 'images/img_1.png': image(1), 'masks/mask_1.png': 1, 'masks/label_1.png': 1 },
    'label_1 and mask_1 are both of img_1',
  ],
  [
    'two masks of one image in one folder',
    { 'img_1.png': image(1), 'mask_1.png': 1, 'label_1.png': 1 },
    'label_1 and mask_1 are both of img_1',
  ],
])(
  '%s: nothing pairs without the word before it, and every mask says why',
  async (_, files, why) => {
    const masks = Object.keys(files).filter((path) => /(mask|label)_\d/.test(path));
    const { problems, labelled } = await look({
      ...files,
      ...Object.fromEntries(masks.map((path) => [path, maskWith(2, 4)])),
    });
    expect(labelled).toEqual([]);
    expect(problems.filter((text) => text.startsWith('missing-image')).sort()).toEqual(
      masks
        .map(
          (path) =>
            `missing-image ${path}: no image is named like this mask, nor do names pair without the word before them (${why}); rename it to its image's name, or remove it`,
        )
        .sort(),
    );
  },
);

test('a mask at the end of whose name is a word, and that has no image, keeps no others from the rule unsaid', async () => {
  const { problems } = await look({
    ...pairs('img_*.png', 'mask_*.png', '12'),
    'other_mask.png': maskWith(2, 4),
  });
  const whys = problems.filter((text) => text.includes('(other_mask has no image)'));
  expect(whys).toHaveLength(3);
});

test('where a mask has its image by name, the words before others mean nothing', async () => {
  const { problems, labelled } = await look({
    ...pairs('images/*.png', 'masks/*.png', 'a'),
    ...pairs('images/img_*.png', 'masks/mask_*.png', '1', 4),
    ...{ 'b/img_2.png': image(8), 'b/mask_2.png': maskWith(2, 4) },
  });
  expect(labelled).toEqual(['a']);
  expect(problems).toEqual([
    "missing-image masks/mask_1.png: no image is named like this mask; rename it to its image's name, or remove it",
    'missing-mask images/img_1.png: has no mask and counts as unlabelled; add a mask of the same name if it has one',
  ]);
});

test('where a mask has its image by name, the words after others mean nothing', async () => {
  const { problems, labelled } = await look({
    ...pairs('images/*.png', 'masks/*.png', 'a'),
    ...{ 'images/1_scan.png': image(4), 'masks/1_slice.png': maskWith(2, 4) },
    ...{ 'images/2_image.png': image(5), 'masks/2_label.png': maskWith(2, 4) },
  });
  expect(labelled).toEqual(['a']);
  expect(problems.filter((text) => text.startsWith('missing-image'))).toHaveLength(2);
});

test('images whose names begin as masks do stay images where no other is named like them', async () => {
  const { manifest } = await look({ 'a.png': image(1), 'label_b.png': image(2) });
  expect(manifest.cases.map(({ id }) => id)).toEqual(['a', 'label_b']);
});
