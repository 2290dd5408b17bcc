/** Pairs images with masks by name: the rule that the folder and flat layouts share. */
import type { Problem } from '../manifest.ts';
import { basename, imageKey, maskKeys, splitOf, stem } from './names.ts';
import { type FoundCase, type Tree, within } from './tree.ts';

/** A file under the name by which it is paired. */
export interface Named {
  readonly path: string;
  /** The path that pairing sees: relative to the images' or masks' folder, no extension. */
  readonly name: string;
}

/**
 * Pairs every mask with the image of its name. Several masks of one image merge where they are
 * numbered (`a_mask_1`, `a_mask_2`) or lie in a folder of the image's name; else the two are ambiguous.
 */
export function pairByName(
  tree: Tree,
  images: readonly Named[],
  masks: readonly Named[],
): { cases: FoundCase[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const byName = new Map(images.map((image) => [image.name, image]));
  const byKey = new Map(images.toReversed().map((image) => [imageKey(image.name), image]));
  const parts = new Map<Named, { path: string; numbered: boolean }[]>();
  for (const mask of masks) {
    const match = maskKeys(mask.name)
      .map(({ key, numbered }) => ({ image: byName.get(key) ?? byKey.get(key), numbered }))
      .find(({ image }) => image !== undefined);
    if (match?.image) {
      const of = parts.get(match.image) ?? [];
      of.push({ path: mask.path, numbered: match.numbered });
      parts.set(match.image, of);
    } else {
      problems.push({
        severity: 'warning',
        kind: 'missing-image',
        message: `${within(tree, mask.path)}: no image is named like this mask; add "${basename(maskKeys(mask.name)[1].key)}.png" to the images or remove the mask`,
      });
    }
  }
  const cases: FoundCase[] = [];
  for (const image of images) {
    const of = parts.get(image) ?? [];
    const whole = of.filter((part) => !part.numbered);
    if (whole.length > 1) {
      const [first, second] = whole;
      problems.push({
        severity: 'error',
        kind: 'ambiguous-mask',
        message: `${within(tree, image.path)}: has two masks, ${first.path} and ${second.path}; remove one, or number the parts of one mask (_mask_1, _mask_2)`,
      });
      continue;
    }
    const [folder, ...rest] = image.name.split('/');
    const split = rest.length > 0 ? splitOf(folder) : null;
    const id = split ? rest.join('/') : image.name;
    cases.push({ id, images: [image.path], masks: of.map(({ path }) => ({ path })), split });
  }
  return { cases, problems };
}

/** Names a file relative to a folder (`''` for the root). */
export function named(path: string, folder: string): Named {
  return { path, name: stem(folder === '' ? path : path.slice(folder.length + 1)) };
}
