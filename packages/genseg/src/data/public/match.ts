/** Which files of a download are the images and masks of a public data set: names only, no file is decoded. */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { isImage } from '../layout/names.ts';
import { type Tree, within } from '../layout/tree.ts';
import type { Split } from '../manifest.ts';
import type { MaskPattern, MatchedCase, MatchedMask, Names, PublicSet } from './public-set.ts';
import { type PathPattern, pathPattern, shown } from './template.ts';

export interface Matched {
  /** Sorted by id. */
  readonly cases: readonly MatchedCase[];
  /** What keeps files from being used, a line each that names the file and the mend. */
  readonly problems: readonly string[];
  /** Pictures of the download that no template names. */
  readonly unused: readonly string[];
}

interface Hit {
  readonly path: string;
  readonly names: Names;
}

/** Pairs the images of a download with their masks. @throws DataError where it holds no image of the set. */
export async function matchFiles(set: PublicSet, tree: Tree): Promise<Matched> {
  const image = pathPattern(set.image);
  const masks = set.masks.map((mask) => ({ mask, pattern: pathPattern(mask.path) }));
  const hits = masks.map(({ pattern }) => hitsOf(pattern, tree));
  const taken = new Set(hits.flat().map(({ path }) => path));
  const images = hitsOf(image, tree).filter(({ path }) => !taken.has(path));
  if (images.length === 0) throw notThere(set, tree);
  for (const { path } of images) taken.add(path);

  const problems: string[] = [];
  const owners = masks.map(({ mask, pattern }, i) =>
    ownersOf(mask, pattern, { image, images, hits: hits[i] }),
  );
  for (const { orphans, mask } of owners) {
    for (const { path } of orphans) {
      problems.push(
        `${within(tree, path)}: no image belongs to this mask (${shown(mask.path)} goes with ${shown(set.image)}); add the image or remove the mask`,
      );
    }
  }
  const splits = await splitsOf(set, tree);
  const cases: MatchedCase[] = [];
  for (const [{ path, names }, twin] of groupBy(images, ({ names }) => set.id(names))) {
    const found = owners.map(({ mask, masks }) => ({ mask, files: masks.get(path) ?? [] }));
    const masks = found.flatMap(({ files }) => files);
    const patient = set.patient?.(names) ?? null;
    const split = splits ? (splits.get(patient ?? '') ?? null) : (set.split?.(names) ?? null);
    let flaw: string | undefined;
    if (twin) {
      flaw = `is there twice, also as ${twin.path}; give a folder with one copy of the data set`;
    } else if (splits && split === null) {
      flaw = `${patient} is in no list of the official split; add it there or remove the image`;
    } else if (masks.length > 0 || !set.someUnlabelled) flaw = maskFlaw(found, names);
    if (flaw) problems.push(`${within(tree, path)}: ${flaw}`);
    else cases.push({ id: set.id(names), image: path, masks, patient, split });
  }
  return {
    cases: cases.sort((a, b) => (a.id < b.id ? -1 : 1)),
    problems,
    unused: tree.files.filter((path) => isImage(path) && !taken.has(path)),
  };
}

/** Files that a template names. The given folder's own name counts, as it may be part of the template. */
function hitsOf(pattern: PathPattern, tree: Tree): Hit[] {
  const folder = basename(resolve(tree.root));
  return tree.files.flatMap((path) => {
    const names = pattern.match(`${folder}/${path}`);
    return names ? [{ path, names }] : [];
  });
}

interface Owned {
  readonly mask: MaskPattern;
  /** By the image's path. */
  readonly masks: ReadonlyMap<string, readonly MatchedMask[]>;
  /** Masks of no image. */
  readonly orphans: readonly Hit[];
}

/** Gives each mask of a template to the image with which it shares all names that both templates have. */
function ownersOf(
  mask: MaskPattern,
  pattern: PathPattern,
  { image, images, hits }: { image: PathPattern; images: readonly Hit[]; hits: readonly Hit[] },
): Owned {
  const shared = image.names.filter((name) => pattern.names.includes(name));
  const keyOf = ({ names }: Hit) => JSON.stringify(shared.map((name) => names[name].toLowerCase()));
  const byKey = new Map(images.map((one) => [keyOf(one), one.path]));
  const masks = new Map<string, MatchedMask[]>();
  const orphans: Hit[] = [];
  for (const hit of hits) {
    const owner = byKey.get(keyOf(hit));
    if (owner === undefined) orphans.push(hit);
    else masks.set(owner, [...(masks.get(owner) ?? []), { path: hit.path, class: mask.class }]);
  }
  return { mask, masks, orphans };
}

/** What is wrong with the masks of an image, if anything. */
function maskFlaw(
  found: readonly { mask: MaskPattern; files: readonly MatchedMask[] }[],
  names: Names,
): string | undefined {
  for (const { mask, files } of found) {
    const expected = shown(mask.path, names);
    if (files.length === 0) return `has no mask; add ${expected} or remove the image`;
    if (files.length > 1 && !mask.several) {
      return `has ${files.length} masks ${expected}, ${files[0].path} and ${files[1].path}; keep one of them`;
    }
  }
  return undefined;
}

/** Items of one key together. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Iterable<readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups.values();
}

/** Patient -> split from the lists of the set; undefined where it has none or they were not downloaded. */
async function splitsOf(
  { splitLists = [] }: PublicSet,
  tree: Tree,
): Promise<ReadonlyMap<string, Split> | undefined> {
  const splits = new Map<string, Split>();
  for (const { path, split } of splitLists) {
    for (const hit of hitsOf(pathPattern(path), tree)) {
      const text = await readFile(join(tree.root, hit.path), 'utf8');
      for (const patient of text.split(/\s+/).filter(Boolean)) splits.set(patient, split);
    }
  }
  return splits.size > 0 ? splits : undefined;
}

/** How the files of a set's download are named, in words: an image, then its masks. */
export const filesOf = ({ image, masks }: PublicSet): string[] =>
  [image, ...masks.map(({ path }) => path)].map((template) => shown(template));

function notThere(set: PublicSet, tree: Tree): DataError {
  const top = [...new Set(tree.files.map((path) => path.split('/')[0]))];
  const holds = top.length === 0 ? 'is empty' : `holds ${top.slice(0, 5).join(', ')}`;
  const [image, ...masks] = filesOf(set);
  return new DataError(
    `${tree.root}: holds no image of ${set.name}, expected ${image} with ${masks.join(' and ')}, but it ${holds}; give the folder that the official download (${set.homepage}) was unpacked into`,
  );
}
