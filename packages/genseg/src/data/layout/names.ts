/** How files are named: which are images, what a stem is, which folders are splits. */
import type { Split } from '../manifest.ts';

const imageExtension = /\.(png|jpe?g|tiff?|bmp|gif)$/i;
const polygonExtension = /\.(geo)?json$/i;
const maskWord = '(?:masks?|labels?|segmentations?|seg|lesion|annotations?|ground_?truth|gt)';
const imageWord = '(?:images?|img|im|scan|slice)';
const maskSuffix = new RegExp(`[_-]${maskWord}$`, 'i');
/** Before the rest of a name and a separator, or right before a number: `mask_a`, `mask1`. */
const leading = (word: string) =>
  new RegExp(`(?<=^|/)${word}(?:[ _-]+(?=[^/]+$)|(?=\\d[^/]*$))`, 'i');
const maskPrefix = leading(maskWord);
const anyPrefix = leading(`(?:${maskWord}|${imageWord})`);
const imageSuffix = new RegExp(`[_-]${imageWord}$`, 'i');
const channelSuffix = /_0000$/;
const numberSuffix = /[_-]\d+$/;

export const isImage = (path: string) => imageExtension.test(path);
export const isPolygons = (path: string) => polygonExtension.test(path);

/** A path without its extension, to compare: Macs write accents apart from their letters (NFD), others do not. */
export const stem = (path: string) => path.replace(/\.[^./]+$/, '').normalize('NFC');

/** The last part of a path. */
export const basename = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** Whether a name says that it is a mask: `a_mask`, `a_seg_2`. */
export const namesMask = (name: string) =>
  maskSuffix.test(name) || maskSuffix.test(name.replace(numberSuffix, ''));

/** An image's name without what only says that it is an image: `a_0000` -> `a`. */
export const imageKey = (name: string) => name.replace(channelSuffix, '');

/** Whether a name begins as a mask's does: `mask_a`. */
export const beginsAsMask = (name: string) => maskPrefix.test(name);

/** A name without the word before it that says what it is: `img_a` and `mask_a` -> `a`. */
export const withoutPrefix = (name: string) => name.replace(anyPrefix, '');

/** A name without the word after it that says that it is an image: `a_image` -> `a`. */
export const withoutImageSuffix = (name: string) => name.replace(imageSuffix, '');

/** A mask's name without what only says that it is a mask: `a_mask` -> `a`. */
export const maskKey = (name: string) => imageKey(name.replace(maskSuffix, ''));

/** The files of one folder that the ends of their names call masks of images beside them. */
export function masksAmong(files: readonly string[]): string[] {
  const images = files.filter((file) => !namesMask(stem(file))).map(stem);
  const names = new Set([...images, ...images.map(imageKey)]);
  const hasImage = (file: string) => maskKeys(stem(file)).some(({ key }) => names.has(key));
  return files.filter((file) => namesMask(stem(file)) && hasImage(file));
}

/** An image's name that a mask's name may belong to. */
export interface MaskKey {
  readonly key: string;
  /** The mask is a part of that image's: `a_mask_2` of `a`, and so is `a/2`. */
  readonly numbered?: boolean;
  /** Nothing but a number says so: `a_2` is part of `a`, or the mask of an image that is missing. */
  readonly loose?: boolean;
}

/** The likeliest first. */
export function maskKeys(name: string): MaskKey[] {
  const unnumbered = name.replace(numberSuffix, '');
  return [
    { key: name },
    { key: maskKey(name) },
    { key: maskKey(unnumbered), numbered: true, loose: !maskSuffix.test(unnumbered) },
    { key: name.replace(/\/?[^/]*$/, ''), numbered: true },
  ];
}

const splitNames: ReadonlyMap<string, Split> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['val', 'validation'],
  ['valid', 'validation'],
  ['validation', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** The split that a folder or a key of this name stands for. */
export const splitOf = (name: string): Split | null => splitNames.get(name.toLowerCase()) ?? null;
