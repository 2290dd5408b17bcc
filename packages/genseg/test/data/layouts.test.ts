/** Every folder layout is found, paired and split as it says; what does not pair is told. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspect } from '../../src/data/index.ts';
import { dataSet, pairs, picture, png, square, temporaryFolder, writeFiles } from './fixtures.ts';

const image = (seed: number) => png(picture(seed));
const mask = png(square());
const maskWith = (from: number, to: number) => png(square({ from, to }));

async function look(files: Record<string, unknown>) {
  const root = await dataSet(files);
  const { manifest, problems } = await inspect(root);
  return {
    root,
    manifest,
    problems: problems.map(({ kind, message }) => `${kind} ${message.replace(`${root}/`, '')}`),
    cases: manifest.cases.map(({ id, split }) => (split ? `${id} ${split}` : id)),
    labelled: manifest.cases.filter(({ labels }) => labels !== null).map(({ id }) => id),
  };
}

test.each([
  ['images/*.png', 'masks/*.png'],
  ['images/*.png', 'masks/*_mask.png'],
  ['imgs/*.png', 'labels/*_segmentation.png'],
  ['image/*.png', 'annotations/*_seg.png'],
  ['x/*.png', 'y/*.png'],
  ['Images/*.png', 'GT/*_gt.png'],
  ['images/*_0000.png', 'labels/*.png'],
  ['images/ISIC_*.png', 'masks/ISIC_*_lesion.png'],
  ['images/one/*.png', 'masks/one/*_label.png'],
])('two folders: %s and %s', async (imagePath, maskPath) => {
  const { manifest, problems, labelled } = await look(pairs(imagePath, maskPath, 'ab'));
  expect(problems).toEqual([]);
  expect(manifest.layout).toMatch(/^two folders/);
  expect(labelled).toHaveLength(2);
  expect(manifest.cases[0].labels).toEqual([256 - 64, 64]);
});

test('a folder that wraps two folders is gone through, whatever its name', async () => {
  const { cases } = await look(pairs('original/images/*.png', 'original/masks/*.png', 'ab'));
  expect(cases).toHaveLength(2);
});

test('images whose names end in numbers keep their own masks', async () => {
  const { manifest, problems } = await look({
    'images/img_0001.png': image(1),
    'images/img_0002.png': image(2),
    'masks/img_0001_mask.png': maskWith(2, 6),
    'masks/img_0002_mask.png': maskWith(2, 9),
  });
  expect(problems).toEqual([]);
  expect(manifest.cases.map(({ labels }) => labels![1])).toEqual([16, 49]);
});

test('flat pairs, and a folder that only holds a folder', async () => {
  const { root, manifest, cases } = await look(pairs('archive/*.png', 'archive/*_mask.png', 'ba'));
  expect(cases).toEqual(['a', 'b']);
  expect(manifest.layout).toBe('flat pairs');
  expect(manifest.root).toBe(join(root, 'archive'));
});

test("numbered masks, and masks in a folder of the image's name, unite", async () => {
  const { manifest, problems } = await look({
    'images/a.png': image(1),
    'masks/a_mask.png': maskWith(2, 4),
    'masks/a_mask_1.png': maskWith(6, 8),
    'images/b.png': image(2),
    'masks/b/left.png': maskWith(2, 4),
    'masks/b/right.png': maskWith(6, 9),
  });
  expect(problems).toEqual([]);
  expect(manifest.cases.map(({ labels }) => labels![1])).toEqual([8, 13]);
  expect(manifest.cases[0].masks.map(({ path }) => path)).toEqual([
    'masks/a_mask.png',
    'masks/a_mask_1.png',
  ]);
});

test('what does not pair is told', async () => {
  const { problems, cases, labelled } = await look({
    ...pairs('images/*.png', 'masks/*.png', 'ab'),
    'images/alone.png': image(5),
    'masks/lost_mask.png': mask,
    'images/two.png': image(6),
    'masks/two_mask.png': mask,
    'masks/two_seg.png': mask,
  });
  expect(cases).toEqual(['a', 'alone', 'b']);
  expect(labelled).toEqual(['a', 'b']);
  expect(problems).toEqual([
    "missing-image masks/lost_mask.png: no image is named like this mask; rename it to its image's name, or remove it",
    'ambiguous-mask images/two.png: has two masks, masks/two_mask.png and masks/two_seg.png; remove one, or number the parts of one mask (_mask_1, _mask_2)',
    'missing-mask images/alone.png: has no mask and counts as unlabelled; add a mask of the same name if it has one',
  ]);
});

test('train, val and test folders are splits, whatever is inside', async () => {
  const { cases, problems } = await look({
    ...pairs('train/images/*.png', 'train/masks/*.png', 'ab'),
    ...pairs('val/*.png', 'val/*_mask.png', 'c', 10),
    ...pairs('test/x/*.png', 'test/y/*.png', 'a', 20),
  });
  expect(problems).toEqual([]);
  expect(cases).toEqual(['b train', 'c validation', 'test-a test', 'train-a train']);
});

test('pairs beside a test folder are there to learn from', async () => {
  const { labelled, cases } = await look({
    ...pairs('images/*.png', 'masks/*.png', 'ab'),
    ...pairs('test/images/*.png', 'test/masks/*.png', 'cd', 2),
    'notes/plan.png': image(9),
  });
  expect([cases, labelled.length]).toEqual([['a', 'b', 'c test', 'd test'], 4]);
});

test('two images of one name keep apart', async () => {
  const { cases } = await look({
    ...pairs('images/*.png', 'masks/*.png', 'a'),
    'images/a.bmp.png': image(7),
    'images/a.tif': image(8),
  });
  expect(cases).toEqual(['a.bmp', 'images-a.png', 'images-a.tif']);
});

test('a mask whose name only begins like an image does not belong to it', async () => {
  const { problems } = await look({
    ...pairs('images/*.png', 'masks/*.png', 'a'),
    'masks/ab.png': mask,
  });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^missing-image masks\/ab\.png/);
});

test('an entry listed twice is refused', async () => {
  const entry = { image: 'i/a.png', label: 'l/a.png' };
  const root = await dataSet({
    'list.json': { training: [entry, entry] },
    ...pairs('i/*.png', 'l/*.png', 'a'),
  });
  await expect(inspect(root)).rejects.toThrow(/i\/a\.png: is listed twice/);
});

test('splits below images and masks', async () => {
  const { cases } = await look({
    ...pairs('images/training/*.png', 'masks/training/*.png', 'ab'),
    ...pairs('images/test/*.png', 'masks/test/*.png', 'c', 10),
  });
  expect(cases).toEqual(['a train', 'b train', 'c test']);
});

test('nnU-Net: channels stack, labels are declared, imagesTs is the test set', async () => {
  const { manifest, cases, problems } = await look({
    'dataset.json': {
      channel_names: { 0: 'T1', 1: 'T2' },
      labels: { background: 0, organ: 1, lesion: 2, ignore: 3 },
      numTraining: 1,
      file_ending: '.png',
    },
    'imagesTr/p_1_0000.png': image(1),
    'imagesTr/p_1_0001.png': image(2),
    'labelsTr/p_1.png': png(square({ on: 2 })),
    'imagesTr/p_2_0000.png': image(5),
    'imagesTr/p_2_0001.png': image(6),
    'labelsTr/p_2.png': png(square({ on: 3 })),
    'imagesTs/p_3_0000.png': image(3),
    'imagesTs/p_3_0001.png': image(4),
    'labelsTs/p_3.png': png(square({ on: 1 })),
  });
  expect(manifest.layout).toBe('nnU-Net');
  expect(cases).toEqual(['p_1 train', 'p_2 train', 'p_3 test']);
  expect(manifest.classes).toEqual(['background', 'organ', 'lesion']);
  expect(manifest.cases.map(({ labels }) => labels)).toEqual([
    [192, 0, 64],
    [192, 0, 0], // the rest has no label
    [192, 64, 0],
  ]);
  expect(manifest.fingerprint.channels).toBe(2);
  expect(problems.map((line) => line.split(' ')[0])).toEqual(['empty-mask']);
});

test('nnU-Net with masks 0/255 is no reason to refuse', async () => {
  const { manifest } = await look({
    'dataset.json': { labels: { background: 0, lung: 1 } },
    ...pairs('imagesTr/*_0000.png', 'labelsTr/*.png', 'ab'),
  });
  expect(manifest.classes).toEqual(['background', 'lung']);
  expect(manifest.cases[0].labels).toEqual([192, 64]);
});

test.each([
  ['as nnU-Net writes them', { background: 0, organ: 1, lesion: 2 }],
  ['as the Decathlon writes them', { 0: 'background', 1: 'organ', 2: 'lesion' }],
])('any layout: dataset.json names the classes, %s', async (_, labels) => {
  const { manifest } = await look({
    'dataset.json': { labels },
    ...pairs('train/images/*.png', 'train/masks/*.png', 'a'),
    'train/masks/a.png': png(square({ on: 2 })),
    ...pairs('test/images/*.png', 'test/masks/*.png', 'b', 10),
    'test/masks/b.png': png(square({ on: 1 })),
  });
  expect(manifest.classes).toEqual(['background', 'organ', 'lesion']);
  expect(manifest.cases.map(({ labels }) => labels)).toEqual([
    [192, 0, 64],
    [192, 64, 0],
  ]);
});

const regionLabels = { background: 0, whole: [1, 2, 3], core: [2, 3], enhancing: 3, ignore: 9 };
const withRegions = (
  order?: number[],
  labels: Record<string, number | number[]> = regionLabels,
) => ({
  'dataset.json': { labels, ...(order && { regions_class_order: order }) },
  ...pairs('imagesTr/*_0000.png', 'labelsTr/*.png', 'abcd'),
  'labelsTr/a.png': png(square({ on: 1 })),
  'labelsTr/b.png': png(square({ on: 2 })),
  'labelsTr/c.png': png(square({ on: 3 })),
  'labelsTr/d.png': png(square({ on: 9 })),
});

test('nnU-Net: regions are unions of classes, in the order of painting', async () => {
  const { manifest } = await look(withRegions([1, 2, 3]));
  expect(manifest.classes).toEqual(['background', 'value 1', 'value 2', 'enhancing']);
  expect(manifest.regions).toEqual([
    { name: 'whole', classes: [1, 2, 3], paints: 1 },
    { name: 'core', classes: [2, 3], paints: 2 },
    { name: 'enhancing', classes: [3], paints: 3 },
  ]);
  expect(manifest.cases.map(({ labels }) => labels)).toEqual([
    [192, 64, 0, 0],
    [192, 0, 64, 0],
    [192, 0, 0, 64],
    [192, 0, 0, 0],
  ]);
});

test.each([
  ['no order of painting', withRegions(), /3 regions \(whole, core, enhancing\) and 0 values/],
  ['a value of no region', withRegions([1, 1, 3]), /has 1 for "core", .* give one of 2, 3/],
  [
    'the background in a region',
    withRegions([1, 3], { background: 0, all: [0, 1, 2], core: 3 }),
    /the region "all" has the background in it/,
  ],
  [
    'several values without a label',
    withRegions([1, 3], { background: 0, all: [1, 2], core: 3, ignore: [8, 9] }),
    /the label "ignore" is a list/,
  ],
])('regions with %s are refused', async (_, files, message) => {
  const refused = inspect(await dataSet(files));
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toThrow(/dataset\.json: /);
});

test('nnU-Net of volumes is refused with the mend', async () => {
  const root = await dataSet({
    'dataset.json': { labels: { background: 0, lung: 1 } },
    'imagesTr/a_0000.nii.gz': 'volume',
  });
  await expect(inspect(root)).rejects.toThrow(
    /imagesTr: holds no 2-D image .* slices .*genseg data prepare/,
  );
});

test('MONAI data list', async () => {
  const { manifest, cases, problems } = await look({
    'dataset.json': {
      training: [
        { image: './i/a.png', label: 'l/a.png' },
        { image: 'i/gone.png', label: 'l/a.png' },
      ],
      validation: [{ image: 'i/b.png', label: 'l/b.png' }],
      test: ['i/c.png'],
    },
    ...pairs('i/*.png', 'l/*.png', 'abc'),
  });
  expect(manifest.layout).toBe('MONAI data list (dataset.json)');
  expect(cases).toEqual(['a train', 'b validation', 'c test']);
  expect(problems).toEqual([
    'missing-image i/gone.png: is listed in dataset.json but not there; add the file or remove the entry',
    'missing-mask i/c.png: has no mask and counts as unlabelled; add a mask of the same name if it has one',
  ]);
});

const corners = [
  [4, 4],
  [12, 4],
  [12, 12],
  [4, 12],
];
const labelme = (...labels: string[]) => ({
  shapes: labels.map((label) => ({ label, points: corners, shape_type: 'polygon' })),
  imageWidth: 16,
  imageHeight: 16,
});

test('Labelme beside the images or in a folder', async () => {
  const beside = await look({
    'a.png': image(1),
    'a.json': labelme('cell'),
    'b.png': image(2),
    'b.json': labelme('_background_', 'blob'),
  });
  expect(beside.manifest.classes).toEqual(['background', 'blob', 'cell']);
  expect(beside.manifest.cases.map(({ labels }) => labels)).toEqual([
    [192, 0, 64],
    [192, 64, 0],
  ]);
  const apart = await look({ 'images/a.png': image(1), 'labels/a.json': labelme('cell') });
  expect(apart.labelled).toEqual(['a']);
});

test('GeoJSON', async () => {
  const { manifest } = await look({
    'a.png': image(1),
    'a.geojson': {
      type: 'FeatureCollection',
      features: [
        { type: 'Feature', geometry: { type: 'Polygon', coordinates: [[...corners, corners[0]]] } },
      ],
    },
  });
  expect(manifest.classes).toEqual(['background', 'foreground']);
  expect(manifest.cases[0].labels).toEqual([192, 64]);
});

test('COCO: one file for many images, its name says the split', async () => {
  const coco = (names: string[]) => ({
    images: names.map((name, i) => ({ id: i, file_name: `${name}.png`, width: 16, height: 16 })),
    annotations: names.map((_, i) => ({
      image_id: i,
      category_id: 5,
      segmentation: [corners.flat()],
    })),
    categories: [{ id: 5, name: 'polyp' }],
  });
  const { manifest, cases, problems } = await look({
    'images/a.png': image(1),
    'images/b.png': image(2),
    'annotations/instances_train2017.json': coco(['a']),
    'annotations/instances_val2017.json': coco(['b', 'gone']),
  });
  expect(cases).toEqual(['a train', 'b validation']);
  expect(manifest.classes).toEqual(['background', 'polyp']);
  expect(manifest.cases[1].labels).toEqual([192, 64]);
  expect(manifest.cases[0].masks[0]).toMatchObject({ entry: '0' });
  expect(problems).toEqual([
    'missing-image gone.png: is described in annotations/instances_val2017.json but not there; add the image or remove the entry',
  ]);
});

test('patients from a CSV file, splits from splits.json', async () => {
  const { manifest, cases, problems } = await look({
    ...pairs('images/*.png', 'masks/*.png', 'abc'),
    'data.csv':
      '\uFEFFpatient_id,note,image_id\r\n"p,1","said ""no""\nchange",a\r\np2,,b.png\r\n,,c\r\n',
    'splits.json': { train: ['a.png', 'b.png', 'gone.png'], test: ['c'] },
  });
  expect(cases).toEqual(['a train', 'b train', 'c test']);
  expect(manifest.cases.map(({ patient }) => patient)).toEqual(['p,1', 'p2', null]);
  expect(manifest.cases.map(({ group }) => group)).toEqual(['p,1', 'p2', 'c']);
  expect(manifest.inferred).toContain('patients from data.csv: 2 of 3 images');
  expect(problems[0]).toMatch(/^split splits\.json: lists 1 images that are not there \(gone/);
});

test('the order of cases is by id, whatever the order of files', async () => {
  const { cases } = await look(pairs('images/*.png', 'masks/*.png', 'hcafbdge'));
  expect(cases.join('')).toBe('abcdefgh');
});

test('hidden and system files do not count', async () => {
  const { problems, cases } = await look({
    ...pairs('images/*.png', 'masks/*.png', 'ab'),
    'images/.DS_Store': 'x',
    '__MACOSX/images/._a.png': 'x',
    'images/Thumbs.db': 'x',
  });
  expect(cases).toEqual(['a', 'b']);
  expect(problems).toEqual([]);
});

test('folders that cannot be used are refused by name', async () => {
  const root = await temporaryFolder();
  await expect(inspect(root)).rejects.toThrow(/no image found/);
  await expect(inspect(join(root, 'none'))).rejects.toThrow(/none: does not exist; check the path/);
  await writeFiles(root, { 'file.txt': 'x' });
  await expect(inspect(join(root, 'file.txt'))).rejects.toThrow(/is a file; give the folder/);
});
