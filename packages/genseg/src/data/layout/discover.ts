/**
 * Finds out how a data set is laid out. Order: split folders, with the pairs beside them where none of them trains;
 * else nnU-Net, MONAI data list, two folders, flat pairs, COCO. The first layout that pairs an image with a mask wins.
 */
import { DataError } from '../../errors.ts';
import type { Split } from '../manifest.ts';
import { coco } from './coco.ts';
import { monaiDatalist } from './datalist.ts';
import { flat } from './flat.ts';
import { folders, isImageFolder, unpairedFolders } from './folders.ts';
import { readLabels } from './labels.ts';
import { splitOf } from './names.ts';
import { nnunet } from './nnunet.ts';
import { readSidecars, type Spacing } from './sidecar.ts';
import {
  type Found,
  type FoundCase,
  type Layout,
  readTree,
  subtree,
  type Tree,
  within,
} from './tree.ts';

export interface DiscoveredCase extends FoundCase {
  readonly patient: string | null;
  readonly spacing: Spacing | null;
}

export interface Discovery extends Found {
  /** The folder that paths are relative to. */
  readonly root: string;
  readonly cases: readonly DiscoveredCase[];
  readonly inferred: readonly string[];
  /** What to tell where no image has a mask; undefined where there is nothing but the folder of the images. */
  readonly unpaired?: string;
}

const layouts: readonly Layout[] = [nnunet, monaiDatalist, folders, flat, coco];

/** Finds the cases of a data set, sorted by id. @throws DataError where there is none. */
export async function discover(root: string): Promise<Discovery> {
  const tree = descend(await readTree(root));
  const found = await findCases(tree);
  if (!found) {
    throw new DataError(
      `${root}: no image found (PNG, JPEG, TIFF, BMP, GIF); give a folder with images/ and masks/`,
    );
  }
  const unique = uniqueIds(tree, found.cases);
  const { rows, splits, inferred, problems } = await readSidecars(tree, unique);
  const cases = unique
    .map((one) => ({
      ...one,
      patient: rows.get(one.id)?.patient ?? null,
      spacing: rows.get(one.id)?.spacing ?? null,
      split: splits.get(one.id) ?? one.split,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    ...found,
    root: tree.root,
    cases,
    problems: [...found.problems, ...problems],
    inferred: [`layout: ${found.layout}`, ...(found.inferred ?? []), ...inferred],
    unpaired: isPaired(found) ? undefined : unpairedFolders(tree),
  };
}

async function findCases(tree: Tree): Promise<Found | undefined> {
  const splits: Found[] = [];
  for (const folder of topFolders(tree)) {
    const split = splitOf(folder);
    const found = split && (await findCases(subtree(tree, folder)));
    if (found) splits.push(under(folder, split, found));
  }
  if (splits.length === 0) return await firstLayout(tree);
  // Where a folder says what trains, nothing beside it does.
  const trains = splits.some(({ cases }) => cases.some(({ split }) => split === 'train'));
  const beside = trains ? undefined : await firstLayout(besideSplits(tree));
  const all = beside && isPaired(beside) ? [beside, ...splits] : splits;
  return {
    layout: all.map((found) => found.layout).join('; '),
    cases: all.flatMap((found) => found.cases),
    problems: all.flatMap((found) => found.problems),
    inferred: all.flatMap((found) => found.inferred ?? []),
    declared: (await readLabels(tree)) ?? all.find(({ declared }) => declared)?.declared,
  };
}

/** What the first layout with a pair makes of a tree, or else the first with an image. */
async function firstLayout(tree: Tree): Promise<Found | undefined> {
  let unpaired: Found | undefined;
  for (const layout of layouts) {
    const found = await layout(tree);
    if (found && isPaired(found)) return { ...found, declared: await readLabels(tree) };
    unpaired ??= found;
  }
  return unpaired;
}

const isPaired = ({ cases }: Found) => cases.some(({ masks }) => masks.length > 0);

const besideSplits = ({ root, files }: Tree): Tree => ({
  root,
  files: files.filter((path) => !path.includes('/') || !splitOf(path.split('/')[0])),
});

const topFolders = (tree: Tree) => [
  ...new Set(tree.files.filter((path) => path.includes('/')).map((path) => path.split('/')[0])),
];

/** Goes down through folders that only hold one folder, as archives unpack, whose name says nothing. */
function descend(tree: Tree): Tree {
  const [folder, ...others] = topFolders(tree);
  const alone = folder && others.length === 0 && tree.files.every((path) => path.includes('/'));
  if (!alone || splitOf(folder)) return tree;
  const inner = subtree(tree, folder);
  const holdsImages = isImageFolder(folder) && !topFolders(inner).some(isImageFolder);
  return holdsImages ? tree : descend(inner);
}

/** What a split folder holds, its paths from one folder further up. */
function under(folder: string, split: Split, found: Found): Found {
  const up = (path: string) => `${folder}/${path}`;
  return {
    ...found,
    layout: `${folder}: ${found.layout}`,
    inferred: found.inferred?.map((text) => `${folder}: ${text}`),
    cases: found.cases.map((c) => ({
      ...c,
      images: c.images.map(up),
      masks: c.masks.map((mask) => ({ ...mask, path: up(mask.path) })),
      split,
    })),
  };
}

/** Ids that occur twice get their split in front (train/a.png, test/a.png), else their path. */
function uniqueIds(tree: Tree, cases: readonly FoundCase[]): FoundCase[] {
  const plain = cases.map((one) => ({ ...one, id: one.id.replaceAll('/', '-') }));
  const bySplit = renamed(plain, (one) => (one.split ? `${one.split}-${one.id}` : one.id));
  const byPath = renamed(bySplit, (one) => one.images[0].replaceAll('/', '-'));
  const twice = [...groupById(byPath).values()].find((same) => same.length > 1);
  if (twice) {
    throw new DataError(
      `${within(tree, twice[0].images[0])}: is listed twice; remove one of its entries`,
    );
  }
  return byPath;
}

function renamed(cases: readonly FoundCase[], rename: (one: FoundCase) => string): FoundCase[] {
  const byId = groupById(cases);
  return cases.map((one) => (byId.get(one.id)!.length > 1 ? { ...one, id: rename(one) } : one));
}

function groupById(cases: readonly FoundCase[]): Map<string, FoundCase[]> {
  const groups = new Map<string, FoundCase[]>();
  for (const one of cases) groups.set(one.id, [...(groups.get(one.id) ?? []), one]);
  return groups;
}
