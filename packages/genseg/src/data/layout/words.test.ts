import { expect, test } from 'vitest';
import { pairByWord, wordedMasksAmong } from './words.ts';

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
  ['*_image', '*_label', 'after'],
  ['a-*-IMG', 'a-*_mask', 'after'],
  ['*_scan', '*', 'after'],
  ['*_image_0000', '*_seg', 'after'],
])('%s and %s', (image, mask, word = 'before') => {
  const [images, masks] = [image, mask].map(numbered);
  expect(pairByWord(images, masks.toReversed())).toEqual({
    word,
    images: new Map(masks.map((name, i) => [name, images[i]])),
  });
});

test('a word that is only the beginning of another, or a folder, is part of the name', () => {
  expect(pairByWord(['images/a', 'imgb'], ['maska', 'segment_b'])).toBeUndefined();
});

test.each([
  [['img_1'], ['mask_1', 'mask_2'], 'mask_2 has no image'],
  [['img_1', 'scan_1'], ['mask_1'], 'img_1 and scan_1 are both 1'],
  [['img_1'], ['mask_1', 'label_1'], 'mask_1 and label_1 are both of img_1'],
  [['img_1'], ['mask_1_1', 'mask_1_2'], 'mask_1_1 has no image'],
  [['one/img_1'], ['two/mask_1'], 'two/mask_1 has no image'],
  [['1_scan'], ['1_slice'], '1_slice has no image', 'after'],
  [['1_scan', '1_image'], ['1_mask'], '1_scan and 1_image are both 1', 'after'],
  [['1_image'], ['1_mask', '1_label'], '1_mask and 1_label are both of 1_image', 'after'],
])('%s and %s: none', (images, masks, failure, word = 'before') => {
  expect(pairByWord(images, masks)).toEqual({ word, failure });
});

test('words after names that pair by those before them are part of the names', () => {
  const [images, masks] = ['img', 'mask'].map((word) => [`${word}_1_scan`, `${word}_1_slice`]);
  expect(pairByWord(images, masks)).toMatchObject({
    images: new Map([
      [masks[0], images[0]],
      [masks[1], images[1]],
    ]),
  });
});

test.each([
  [['img_1.png', 'mask_1.png', 'other.png'], ['mask_1.png']],
  [['img_1.png', 'mask_1.png', 'mask_2.png'], []],
  [['img_1.png', 'mask_img_1.png'], ['mask_img_1.png']],
  [['mask_1.png', 'mask_2.png'], []],
  [['1.png', 'label_2.png'], []],
  [['1_image.png', '1_label.png', 'other.png'], ['1_label.png']],
  [['1_image.png', '1_label.png', '2_label.png'], []],
  [['1_scan.png', '1_slice.png'], []],
])('of %s are masks: %s', (files, masks) => {
  expect(wordedMasksAmong(files)).toEqual(masks);
});
