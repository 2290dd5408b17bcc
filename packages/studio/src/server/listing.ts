/**
 * The images and masks that lie in the project now. Nothing is opened: names, sizes and times only, so that ten
 * thousand files take a moment. Links that lead out of the project are left out, and said.
 */
import { createHash } from 'node:crypto';
import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isImage } from 'genseg/data';
import { isInside, type ProjectPaths } from './paths.ts';

export interface ListedFile {
  /** Below the project, with forward slashes. */
  readonly path: string;
  /** Size and time, as text: changes with the content. */
  readonly stamp: string;
}

export interface Listing {
  /** Sorted by path. */
  readonly images: readonly ListedFile[];
  /** By path. */
  readonly masks: ReadonlyMap<string, ListedFile>;
  /** Links that lead out of the project. */
  readonly foreign: readonly string[];
  /** Changes with any of the files, and with the tables beside them. */
  readonly key: string;
}

export function listProject(paths: ProjectPaths): Listing {
  const foreign: string[] = [];
  const files = (folder: string) => filesBelow(paths.root, folder, foreign);
  const images = files(paths.images).filter(({ path }) => isImage(path));
  const masks = new Map(files(paths.masks).map((file) => [file.path, file]));
  const hash = createHash('sha256');
  for (const { path, stamp } of [...images, ...masks.values()]) hash.update(`${path}\n${stamp}\n`);
  for (const path of [paths.patients, paths.splits, paths.dataset])
    hash.update(`${stampOf(path)}\n`);
  return { images, masks, foreign, key: hash.digest('hex') };
}

function filesBelow(root: string, folder: string, foreign: string[]): ListedFile[] {
  if (!existsSync(folder)) return [];
  if (!isInside(root, folder)) {
    foreign.push(relative(root, folder));
    return [];
  }
  const found: ListedFile[] = [];
  const walk = (place: string) => {
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(place, entry.name);
      const kind = kindOf(root, path, entry);
      if (kind === 'folder') walk(path);
      const name = relative(root, path).split(sep).join('/');
      if (kind === 'file') found.push({ path: name, stamp: stampOf(path) });
      if (kind === 'foreign') foreign.push(name);
    }
  };
  walk(folder);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A linked folder could lead in circles, so only linked files count, and only where they lead back inside. */
function kindOf(root: string, path: string, entry: Dirent): 'file' | 'folder' | 'foreign' | null {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  if (!entry.isSymbolicLink()) return null;
  if (!isInside(root, path)) return 'foreign';
  return statSync(path).isFile() ? 'file' : null;
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.size} ${stat.mtimeMs}` : '-';
}
