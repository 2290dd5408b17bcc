/** Pairs images with masks by name: the rule that the folder and flat layouts share. */
import type { Problem } from '../manifest.ts';
import { imageKey, type MaskKey, maskKeys, splitOf, stem } from './names.ts';
import { type Found, type FoundCase, type Tree, within } from './tree.ts';
import { pairByWord } from './words.ts';

/** A file under the name by which it is paired. */
export interface Named {
  readonly path: string;
  /** The path that pairing sees: relative to the images' or masks' folder, no extension. */
  readonly name: string;
}

type Pairs = Omit<Found, 'layout' | 'declared'>;

/**
 * Pairs every mask with the image of its name, or where no mask has one, names without the word before or after them.
 * Several masks of one image merge where they are numbered (`a_mask_1`, `a_mask_2`; `a_1`, `a_2` where `a` has no other
 * mask) or lie in a folder of the image's name; else the two are ambiguous.
 */
export function pairByName(tree: Tree, images: readonly Named[], masks: readonly Named[]): Pairs {
  const pairs = pairNamed(tree, { images, masks });
  const lost = pairs.problems.filter(({ kind }) => kind === 'missing-image');
  if (masks.length === 0 || lost.length < masks.length) return pairs;
  const namesOf = (files: readonly Named[]) => files.map(({ name }) => name);
  const found = pairByWord(namesOf(images), namesOf(masks));
  if (!found) return pairs;
  if ('failure' in found) {
    const tried = `, nor do names pair without the word ${found.word} them (${found.failure})`;
    return pairNamed(tree, { images, masks, tried });
  }
  const [[mask, image]] = found.images;
  const renamed = masks.map(({ path, name }) => ({ path, name: found.images.get(name)! }));
  const inferred = `masks paired without the word ${found.word} a name, as ${mask} with ${image}: ${masks.length} of ${images.length} images`;
  return { ...pairNamed(tree, { images, masks: renamed }), inferred: [inferred] };
}

/** @param files.tried what else was tried, for the message of a mask without an image. */
function pairNamed(
  tree: Tree,
  {
    images,
    masks,
    tried = '',
  }: { images: readonly Named[]; masks: readonly Named[]; tried?: string },
): Pairs {
  const problems: Problem[] = [];
  const byName = new Map(images.map((image) => [image.name, image]));
  const byKey = new Map(images.toReversed().map((image) => [imageKey(image.name), image]));
  const parts = new Map<Named, (Omit<MaskKey, 'key'> & { path: string })[]>();
  const noImage = (path: string) =>
    problems.push({
      severity: 'warning',
      kind: 'missing-image',
      message: `${within(tree, path)}: no image is named like this mask${tried}; rename it to its image's name, or remove it`,
    });
  for (const { name, path } of masks) {
    const match = maskKeys(name)
      .map(({ key, ...part }) => ({ ...part, path, image: byName.get(key) ?? byKey.get(key) }))
      .find(({ image }) => image !== undefined);
    if (match?.image) parts.set(match.image, [...(parts.get(match.image) ?? []), match]);
    else noImage(path);
  }
  const cases: FoundCase[] = [];
  for (const image of images) {
    const all = parts.get(image) ?? [];
    const sure = all.filter(({ loose }) => !loose);
    const of = sure.length > 0 ? sure : all;
    for (const part of all) if (!of.includes(part)) noImage(part.path);
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
