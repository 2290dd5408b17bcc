import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataSet } from '../../test/data/fixtures.ts';
import { DataError } from '../errors.ts';
import { channelEndings, imagesToPredict, masksBeside } from './images-to-predict.ts';

const like = (...paths: string[]) => ({ images: paths.map((path) => ({ path, sha256: '' })) });

test('the files of an image end as those of the training images, or are numbered', () => {
  expect(channelEndings([like('a_0000.png'), like('b.png')])).toBeNull();
  expect(channelEndings([like('b.png'), like('x/a_0001.png', 'x/a_0003.tif')])).toEqual([
    ...['_0001', '_0003'],
  ]);
  expect(channelEndings([like('a/t1.png', 'a/t2.png')])).toEqual(['_0000', '_0001']);
});

test('a file each: as given, folders in order, nothing twice', async () => {
  const root = await dataSet({ 'b_0000.png': '', 'a.jpg': '', 'notes.txt': '', 'sub/c.png': '' });
  const [a, b, c] = ['a.jpg', 'b_0000.png', 'sub/c.png'].map((name) => join(root, name));
  expect(imagesToPredict([c, root, a, join(root, 'sub')], null)).toEqual(
    [c, a, b].map((file) => ({ path: file, files: [file], problem: null })),
  );
  expect(() => imagesToPredict([join(root, 'none')], null)).toThrow(
    /none: there is no such file or/,
  );
});

const filesOf = (given: string[]) => imagesToPredict(given, null).flatMap(({ files }) => files);

test('in a folder masks beside their images are left out, one that is given or stands alone is not', async () => {
  const names = ['a.png', 'a_mask.png', 'b_0000.png', 'b_seg_2.png', 'gt.png', 'lone_mask.png'];
  const root = await dataSet(Object.fromEntries(names.map((name) => [name, ''])));
  const at = (...files: string[]) => files.map((name) => join(root, name));
  expect(filesOf([root])).toEqual(at('a.png', 'b_0000.png', 'gt.png', 'lone_mask.png'));
  expect(masksBeside([root])).toEqual(at('a_mask.png', 'b_seg_2.png'));
  expect(filesOf(at('a_mask.png'))).toEqual(at('a_mask.png'));
});

test('so are masks that differ from their images in the word before the name', async () => {
  const names = ['img_1.png', 'img_2.png', 'mask_1.png'];
  const root = await dataSet(Object.fromEntries(names.map((name) => [name, ''])));
  expect(filesOf([root])).toEqual([join(root, 'img_1.png'), join(root, 'img_2.png')]);
  expect(masksBeside([root])).toEqual([join(root, 'mask_1.png')]);
});

test('of a data folder the images, and other folders are named', async () => {
  const root = await dataSet({ 'images/a.png': '', 'masks/a.png': '', 'data.csv': '' });
  expect(filesOf([root])).toEqual([join(root, 'images', 'a.png')]);
  const volumes = await dataSet({ 'a.nii.gz': '' });
  expect(() => filesOf([volumes])).toThrow(/NIfTI volumes are not read here.*genseg data prepare/);
  const deep = await dataSet({ 'ward/a.png': '', 'lab/b.png': '' });
  expect(() => filesOf([deep])).toThrow(
    /no image in this folder, and its subfolders are not searched \(lab\/, ward\/\); give/,
  );
});

test('several files an image: together by name and folder; what is not whole says what it has', async () => {
  const names = ['c_0001.tif', 'c_0000.png', 'd_0000.png', 'e.png', 'f_0000.png', 'f_0002.png'];
  const twice = ['g_0000.png', 'g_0000.jpg', 'g_0001.png', 'sub/d_0001.png'];
  const root = await dataSet(Object.fromEntries([...names, ...twice].map((name) => [name, ''])));
  const [c, ...others] = imagesToPredict([root, join(root, 'sub')], ['_0000', '_0001']);
  const at = (name: string) => join(root, name);
  expect(c).toEqual({
    path: at('c.png'),
    files: [at('c_0000.png'), at('c_0001.tif')],
    problem: null,
  });
  expect(others.map(({ problem }) => problem instanceof DataError)).toEqual(Array(5).fill(true));
  expect(others.map(({ problem }) => problem!.message.split(' where ')[0])).toEqual([
    `${at('d')}: its files end in _0000`,
    `${at('e')}: its files end in no number`,
    `${at('f')}: its files end in _0002, _0000`,
    `${at('g')}: its files end in _0000, _0000, _0001`,
    `${at('sub/d')}: its files end in _0001`,
  ]);
});
