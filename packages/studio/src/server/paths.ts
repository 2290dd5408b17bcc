/**
 * Where things lie in a project's folder, and which names may come in from outside. Images, masks, runs and
 * predictions are for everyone to see; `.studio` holds what can be lost (pictures, unfinished imports, trash).
 */
import { existsSync, mkdirSync, realpathSync, renameSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { RequestError } from './errors.ts';

export interface ProjectPaths {
  readonly root: string;
  readonly settings: string;
  readonly images: string;
  readonly masks: string;
  /** Test sets of their own, a folder each with images/ and masks/. */
  readonly tests: string;
  readonly runs: string;
  readonly predictions: string;
  /** Read by genseg too. */
  readonly patients: string;
  readonly splits: string;
  readonly dataset: string;
  readonly hidden: string;
  readonly incoming: string;
  readonly thumbnails: string;
  readonly inspection: string;
  readonly suggestions: string;
  readonly trash: string;
  readonly token: string;
  readonly lock: string;
}

export function projectPaths(root: string): ProjectPaths {
  const hidden = join(root, '.studio');
  return {
    root,
    settings: join(root, 'studio.json'),
    images: join(root, 'images'),
    masks: join(root, 'masks'),
    tests: join(root, 'tests'),
    runs: join(root, 'runs'),
    predictions: join(root, 'predictions'),
    patients: join(root, 'patients.csv'),
    splits: join(root, 'splits.json'),
    dataset: join(root, 'dataset.json'),
    hidden,
    incoming: join(hidden, 'incoming'),
    thumbnails: join(hidden, 'thumbnails'),
    inspection: join(hidden, 'inspection.json'),
    suggestions: join(hidden, 'suggestions.json'),
    trash: join(hidden, 'trash'),
    token: join(hidden, 'token'),
    lock: join(hidden, 'lock'),
  };
}

/**
 * The parts of a file's path as an upload or an archive names it; signs that some system cannot have in a name become
 * `_`. @throws RequestError for a path that leads elsewhere.
 */
export function uploadedParts(path: string): string[] {
  const parts = path.split('/').map((part) => part.replaceAll(/[\p{Cc}\\:*?"<>|]/gu, '_'));
  if (parts.length <= 16 && parts.every(isPlainName)) return parts;
  throw new RequestError(
    400,
    `"${path.slice(0, 200)}" is not a plain path below a folder; rename the file`,
  );
}

/** Whether a name can be that of one file or folder. */
export const isPlainName = (name: string): boolean =>
  name !== '' &&
  name !== '.' &&
  name !== '..' &&
  !name.includes('/') &&
  !name.includes('\\') &&
  !name.includes('\0') &&
  Buffer.byteLength(name) <= 200;

/** A name that the user gave as that of a folder. @throws RequestError */
export function folderName(name: string): string {
  if (isPlainName(name) && !name.startsWith('.') && name.trim() === name) return name;
  throw new RequestError(400, `"${name.slice(0, 80)}" cannot be the name of a folder; use letters`);
}

/** Whether a file or folder, its links followed, lies in the project. */
export function isInside(root: string, path: string): boolean {
  try {
    const real = realpathSync(path);
    const home = realpathSync(root);
    return real === home || real.startsWith(home + sep);
  } catch {
    return false;
  }
}

/** Moves a file or folder to the project's trash, where it keeps its name with a number before it. */
export function discard(paths: ProjectPaths, path: string): void {
  if (!existsSync(path)) return;
  mkdirSync(paths.trash, { recursive: true });
  for (let n = Date.now(); ; n++) {
    const target = join(paths.trash, `${n}-${basename(path)}`);
    if (existsSync(target)) continue;
    renameSync(path, target);
    return;
  }
}
