import { expect, test } from 'vitest';
import { pairByPrefix, prefixedMasksAmong } from './prefix.ts';

const numbered = (template: string) => ['001', '002'].map((n) => template.replace('*', n));

test.each([
  ['img_*', 'mask_*'],
  ['image-*', 'label-*'],
  ['IMG_*', 'Seg_*'],
  ['Image *', 'Ground_Truth *'],
  ['scan*', 'mask*'],
  ['im_a_*', 'a_*'],
  ['a_*', 'gt_a_*'],
  ['slice_*', 'mask_slice_*'],
  ['img_*_0000', 'annotation_*'],
  ['img_*', '*_mask'],
  ['one/images_*', 'one/masks_*'],
])('%s and %s', (image, mask) => {
  const [images, masks] = [image, mask].map(numbered);
  expect(pairByPrefix(images, masks.toReversed())).toEqual({
    images: new Map(masks.map((name, i) => [name, images[i]])),
  });
});

test('a word that is only the beginning of another, or a folder, is part of the name', () => {
  expect(pairByPrefix(['images/a', 'imgb'], ['maska', 'segment_b'])).toBeUndefined();
});

test.each([
  [['img_1'], ['mask_1', 'mask_2'], 'mask_2 has no image'],
  [['img_1', 'scan_1'], ['mask_1'], 'img_1 and scan_1 are both 1'],
  [['img_1'], ['mask_1', 'label_1'], 'mask_1 and label_1 are both of img_1'],
  [['img_1'], ['mask_1_1', 'mask_1_2'], 'mask_1_1 has no image'],
  [['one/img_1'], ['two/mask_1'], 'two/mask_1 has no image'],
])('%s and %s: none', (images, masks, failure) => {
  expect(pairByPrefix(images, masks)).toEqual({ failure });
});

test.each([
  [['img_1.png', 'mask_1.png', 'other.png'], ['mask_1.png']],
  [['img_1.png', 'mask_1.png', 'mask_2.png'], []],
  [['img_1.png', 'mask_img_1.png'], ['mask_img_1.png']],
  [['mask_1.png', 'mask_2.png'], []],
  [['1.png', 'label_2.png'], []],
])('of %s are masks: %s', (files, masks) => {
  expect(prefixedMasksAmong(files)).toEqual(masks);
});
