/** How files are named: which are images, what a stem is, which folders are splits. */
import type { Split } from '../manifest.ts';

const imageExtension = /\.(png|jpe?g|tiff?|bmp|gif)$/i;
const polygonExtension = /\.(geo)?json$/i;
const maskSuffix = /[_-](segmentation|mask|lesion|seg|label|gt)$/i;
const channelSuffix = /_0000$/;
const numberSuffix = /[_-]\d+$/;

export const isImage = (path: string) => imageExtension.test(path);
export const isPolygons = (path: string) => polygonExtension.test(path);

/** A path without its extension. */
export const stem = (path: string) => path.replace(/\.[^./]+$/, '');

/** The last part of a path. */
export const basename = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** Whether a name says that it is a mask: `a_mask`, `a_seg_2`. */
export const namesMask = (name: string) =>
  maskSuffix.test(name) || maskSuffix.test(name.replace(numberSuffix, ''));

/** An image's name without what only says that it is an image: `a_0000` -> `a`. */
export const imageKey = (name: string) => name.replace(channelSuffix, '');

/**
 * The image names a mask's name may belong to, the likeliest first; `numbered` ones are parts of a
 * mask: `a_mask_2` belongs to `a` as part 2, and so does `a/2`.
 */
export function maskKeys(name: string): { key: string; numbered: boolean }[] {
  const strip = (key: string) => imageKey(key.replace(maskSuffix, ''));
  const unnumbered = name.replace(numberSuffix, '');
  return [
    { key: name, numbered: false },
    { key: strip(name), numbered: false },
    { key: strip(unnumbered), numbered: true },
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
