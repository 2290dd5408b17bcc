/**
 * Pairs names that differ in the word before them: `img_001` with `mask_001`. All masks of a folder or none:
 * where two files have one name without that word, or a mask has no image, nobody knows what the words mean.
 */
import { beginsAsMask, imageKey, maskKey, stem, withoutPrefix } from './names.ts';

/** The image of every mask by name, or why they do not pair. */
export type PrefixPairs =
  | { readonly images: ReadonlyMap<string, string> }
  | { readonly failure: string };

const keyOf = (name: string) => imageKey(withoutPrefix(name));

/** The likeliest first: `mask_img_001` is that of `img_001`. */
function maskKeysOf(name: string): string[] {
  const rest = withoutPrefix(name);
  return [maskKey(rest), maskKey(withoutPrefix(rest))];
}

/** Undefined where no name has such a word. */
export function pairByPrefix(
  images: readonly string[],
  masks: readonly string[],
): PrefixPairs | undefined {
  if ([...images, ...masks].every((name) => withoutPrefix(name) === name)) return undefined;
  const byKey = new Map<string, string>();
  for (const name of images) {
    const key = keyOf(name);
    const other = byKey.get(key);
    if (other !== undefined) return { failure: `${other} and ${name} are both ${key}` };
    byKey.set(key, name);
  }
  const byImage = new Map<string, string>();
  for (const name of masks) {
    const image = maskKeysOf(name)
      .map((key) => byKey.get(key))
      .find((found) => found !== undefined);
    if (image === undefined) return { failure: `${name} has no image` };
    const other = byImage.get(image);
    if (other !== undefined) return { failure: `${other} and ${name} are both of ${image}` };
    byImage.set(image, name);
  }
  return { images: new Map([...byImage].map(([image, mask]) => [mask, image])) };
}

/** Images and the files whose names begin as masks do; undefined where no such file is named like an image. */
export function splitByPrefix(
  files: readonly string[],
): { images: string[]; masks: string[] } | undefined {
  const isMask = (file: string) => beginsAsMask(stem(file));
  const masks = files.filter(isMask);
  const images = files.filter((file) => !isMask(file));
  const keys = new Set(images.map((file) => keyOf(stem(file))));
  const hasImage = (file: string) => maskKeysOf(stem(file)).some((key) => keys.has(key));
  return masks.some(hasImage) ? { images, masks } : undefined;
}

/** The files of one folder that the beginnings of their names call masks of images beside them. */
export function prefixedMasksAmong(files: readonly string[]): string[] {
  const found = splitByPrefix(files);
  const pairs = found && pairByPrefix(found.images.map(stem), found.masks.map(stem));
  return pairs && 'images' in pairs ? found.masks : [];
}
