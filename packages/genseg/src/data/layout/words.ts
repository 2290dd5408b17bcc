/**
 * Pairs names that differ in the word before or after them: `img_001` with `mask_001`, `001_image` with `001_label`.
 * All masks of a folder or none: where two files have one name without that word, or a mask has no image, nobody knows
 * what the words mean.
 */
import {
  beginsAsMask,
  imageKey,
  maskKey,
  namesMask,
  stem,
  withoutImageSuffix,
  withoutPrefix,
} from './names.ts';

/** The image of every mask by name, or why they do not pair. */
export type WordPairs = {
  /** Where the word stands that is left out. */
  readonly word: 'before' | 'after';
} & ({ readonly images: ReadonlyMap<string, string> } | { readonly failure: string });

interface Rule {
  readonly word: WordPairs['word'];
  /** Whether names have such a word at all. */
  applies(images: readonly string[], masks: readonly string[]): boolean;
  keyOf(image: string): string;
  /** The likeliest first. */
  keysOf(mask: string): string[];
}

const before: Rule = {
  word: 'before',
  applies: (images, masks) => [...images, ...masks].some((name) => withoutPrefix(name) !== name),
  keyOf: (image) => imageKey(withoutPrefix(image)),
  // `mask_img_001` is that of `img_001`.
  keysOf(mask) {
    const rest = withoutPrefix(mask);
    return [maskKey(rest), maskKey(withoutPrefix(rest))];
  },
};

/** Words for masks there are left out anyway (names.ts). */
const after: Rule = {
  word: 'after',
  applies: (images) => images.some((name) => after.keyOf(name) !== imageKey(name)),
  keyOf: (image) => withoutImageSuffix(imageKey(image)),
  keysOf: (mask) => [maskKey(mask)],
};

/** By the first rule that pairs all masks, else why the first that applies does not; undefined where none applies. */
export function pairByWord(
  images: readonly string[],
  masks: readonly string[],
): WordPairs | undefined {
  const tried = [before, after]
    .filter((rule) => rule.applies(images, masks))
    .map((rule) => ({ word: rule.word, ...pairBy(rule, images, masks) }));
  return tried.find((pairs) => 'images' in pairs) ?? tried[0];
}

function pairBy(
  { keyOf, keysOf }: Rule,
  images: readonly string[],
  masks: readonly string[],
): { images: ReadonlyMap<string, string> } | { failure: string } {
  const byKey = new Map<string, string>();
  for (const name of images) {
    const key = keyOf(name);
    const other = byKey.get(key);
    if (other !== undefined) return { failure: `${other} and ${name} are both ${key}` };
    byKey.set(key, name);
  }
  const byImage = new Map<string, string>();
  for (const name of masks) {
    const image = keysOf(name)
      .map((key) => byKey.get(key))
      .find((found) => found !== undefined);
    if (image === undefined) return { failure: `${name} has no image` };
    const other = byImage.get(image);
    if (other !== undefined) return { failure: `${other} and ${name} are both of ${image}` };
    byImage.set(image, name);
  }
  return { images: new Map([...byImage].map(([image, mask]) => [mask, image])) };
}

interface Split {
  images: string[];
  masks: string[];
}

function splitWhere(files: readonly string[], isMask: (name: string) => boolean): Split {
  const masks = files.filter((file) => isMask(stem(file)));
  return { images: files.filter((file) => !masks.includes(file)), masks };
}

/** Images and the files whose names begin as masks do; undefined where no such file is named like an image. */
export function splitByPrefix(files: readonly string[]): Split | undefined {
  const split = splitWhere(files, beginsAsMask);
  const keys = new Set(split.images.map((file) => before.keyOf(stem(file))));
  const hasImage = (file: string) => before.keysOf(stem(file)).some((key) => keys.has(key));
  return split.masks.some(hasImage) ? split : undefined;
}

/** The files of one folder that a word before or after their names calls masks of images beside them. */
export function wordedMasksAmong(files: readonly string[]): string[] {
  const { images, masks } = splitByPrefix(files) ?? splitWhere(files, namesMask);
  const pairs = pairByWord(images.map(stem), masks.map(stem));
  return pairs && 'images' in pairs ? masks : [];
}
