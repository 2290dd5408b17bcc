/**
 * The file tree of a data set and what its layouts find in it. Layouts only pair names; no image is
 * opened here.
 */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Region } from '../../classes.ts';
import { DataError } from '../../errors.ts';
import type { Problem, Split } from '../manifest.ts';

/** All files below a folder, as sorted relative paths with forward slashes. */
export interface Tree {
  readonly root: string;
  readonly files: readonly string[];
}

export interface FoundMask {
  readonly path: string;
  /** The image's key inside a file that describes many images (COCO). */
  readonly entry?: string;
}

export interface FoundCase {
  readonly id: string;
  /** One file, or one per channel group in channel order. */
  readonly images: readonly string[];
  /** Empty: unlabelled. */
  readonly masks: readonly FoundMask[];
  readonly split: Split | null;
}

/** What a layout makes of a tree. */
export interface Found {
  /** In words: "two folders (images, masks)". */
  readonly layout: string;
  readonly cases: readonly FoundCase[];
  readonly problems: readonly Problem[];
  /** What it took names to mean, in words. */
  readonly inferred?: readonly string[];
  /** Classes and their values in the masks, where its `dataset.json` declares them. */
  readonly declared?: DeclaredLabels;
}

export interface DeclaredLabels {
  readonly classes: readonly string[];
  /** Of pixels without a label the class is `ignoredClass`. */
  readonly levels: readonly Level[];
  /** Unions of classes that are segmented in their place. */
  readonly regions?: readonly Region[];
}

export interface Level {
  readonly code: number;
  readonly class: number;
}

/** A layout gives undefined for a tree that is not of its kind. */
export type Layout = (tree: Tree) => Promise<Found | undefined>;

const maxFiles = 200_000;

/** Lists a folder, links followed, hidden and system entries left out. @throws DataError */
export async function readTree(root: string): Promise<Tree> {
  const files: string[] = [];
  const walk = async (folder: string) => {
    const entries = await list(join(root, folder));
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
      const path = folder + entry.name;
      const kind = entry.isSymbolicLink()
        ? await stat(join(root, path)).catch(() => undefined)
        : entry;
      if (kind?.isDirectory()) await walk(`${path}/`);
      else if (kind?.isFile()) files.push(path);
    }
    if (files.length > maxFiles) {
      throw new DataError(
        `${root}: holds over ${maxFiles} files; give the folder of the data set itself`,
      );
    }
  };
  await walk('');
  return { root, files: files.sort() };
}

async function list(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'ENOENT'
        ? 'does not exist; check the path'
        : cause.code === 'ENOTDIR'
          ? 'is a file; give the folder that holds the images and masks'
          : `cannot be read (${cause.code}); check its rights`;
    throw new DataError(`${folder}: ${why}`, { cause });
  });
}

/** A file of the tree as messages name it. */
export const within = (tree: Tree, path: string) => join(tree.root, path);

/** The part of a tree below a folder, paths relative to it. */
export function subtree(tree: Tree, folder: string): Tree {
  const prefix = `${folder}/`;
  const inside = tree.files.filter((path) => path.startsWith(prefix));
  return { root: join(tree.root, folder), files: inside.map((path) => path.slice(prefix.length)) };
}

/** Parses a JSON file of the tree. @throws DataError */
export async function readJson(tree: Tree, path: string): Promise<unknown> {
  const file = within(tree, path);
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new DataError(
      `${file}: is not valid JSON (${(cause as Error).message.split('\n')[0]}); correct or remove it`,
      { cause },
    );
  }
}
