/**
 * Writes that a crash cannot tear: a reader, or the next process, finds the old content or the new.
 * A file goes to a temporary name, is flushed to the disk and renamed over the old one; a folder is
 * swapped by two renames, which `recoverFolder` completes. One process writes a path at a time; any number
 * read it meanwhile, a folder through `readFolder`.
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../errors.ts';
import type { JsonValue } from './types.ts';

/**
 * Replaces a file, making its folder where needed.
 * @param options.mode who may read it; by default what the system gives new files.
 * @param options.durable whether to wait for the disk; without, the file may be empty after a power failure, which
 *   is for what can be made again.
 */
export function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  { mode, durable = true }: { mode?: number; durable?: boolean } = {},
): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.tmp`);
  writing(path, () => {
    mkdirSync(folder, { recursive: true });
    try {
      const file = openSync(temporary, 'w', mode);
      try {
        writeFileSync(file, data);
        if (durable) fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    if (durable) syncFolder(folder);
  });
}

/** Replaces a file by indented JSON. NaN and infinities become null. */
export function writeJsonAtomic(path: string, value: JsonValue | object): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Whether it is the name of a file or folder that is being written, or that an interrupted write left. */
export const isTemporary = (name: string): boolean => /^\..+\.\d+\.tmp$/.test(name);

/** Of folders only those that lock.ts makes: any other is somebody's. */
const isGuard = (name: string): boolean => /\.takeover\.[\da-f-]{36}\.\d+\.tmp$/.test(name);

/** Removes what interrupted writes left in a folder. */
export function removeTemporaryFiles(folder: string): void {
  const left = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => isTemporary(name));
  for (const entry of left.filter((one) => !one.isDirectory() || isGuard(one.name)))
    rmSync(join(folder, entry.name), { recursive: true, force: true }); // another that asks for the lock may be as quick
}

/** Replaces a folder by the files that `write` puts into the empty folder it is given. */
export function writeFolderAtomic(path: string, write: (folder: string) => void): void {
  const { next, previous } = swapNames(path);
  writing(path, () => {
    recoverFolder(path);
    mkdirSync(next, { recursive: true });
    try {
      write(next);
      syncTree(next);
    } catch (error) {
      rmSync(next, { recursive: true, force: true });
      throw error;
    }
    if (existsSync(path)) renameSync(path, previous); // from here on, `next` is known to be whole
    renameSync(next, path);
    syncFolder(dirname(path));
    rmSync(previous, { recursive: true, force: true });
  });
}

/** Completes or undoes an interrupted `writeFolderAtomic`; only for the one that may write `path`. */
export function recoverFolder(path: string): void {
  const { next, previous } = swapNames(path);
  const whole = wholeFolder(path);
  if (whole !== path) renameSync(whole, path);
  rmSync(next, { recursive: true, force: true });
  rmSync(previous, { recursive: true, force: true });
}

/**
 * Reads a folder that another process may be replacing, and changes nothing.
 * @param read gets where the whole folder lies at present; called again where it failed and the folder was swapped.
 */
export function readFolder<T>(path: string, read: (folder: string) => T): T {
  for (;;) {
    const folder = wholeFolder(path);
    const found = identityOf(folder);
    try {
      return read(folder);
    } catch (error) {
      if (wholeFolder(path) === folder && identityOf(folder) === found) throw error;
    }
  }
}

/** Inode numbers are used again, times are not. */
function identityOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return `${stat?.ino} ${stat?.mtimeMs}`;
}

/** Where the last whole folder lies: elsewhere only between the renames, or where a crash came between them. */
function wholeFolder(path: string): string {
  const { next, previous } = swapNames(path);
  if (existsSync(path) || !existsSync(previous)) return path;
  return existsSync(next) ? next : previous;
}

const swapNames = (path: string) => ({ next: `${path}.new`, previous: `${path}.old` });

/** Runs a write and turns the system's error, if any, into one that names the file and the mend. */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    const error = systemError(cause);
    if (!error) throw cause;
    throw new DataError(`Cannot write ${path}: ${mend(error)}`, { cause });
  }
}

type SystemError = Error & { code: unknown };

/** The system's error itself, or the one that made another (a tensor file's writer has its own). */
function systemError(error: unknown): SystemError | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error ? error : systemError(error.cause);
}

function mend(error: SystemError): string {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full; free some space and start again';
    case 'EFBIG':
      return 'the file is larger than this disk or user may have; raise the limit (ulimit -f) or use another disk';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'part of the path is a file; choose another folder';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'no permission; choose a folder you may write to';
    default:
      return error.message;
  }
}

function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else flush(path, 'r+');
  }
  syncFolder(folder);
}

/** Makes renames within a folder last; Windows has no such call and needs none. */
function syncFolder(folder: string): void {
  if (process.platform !== 'win32') flush(folder, 'r');
}

function flush(path: string, mode: 'r' | 'r+'): void {
  const descriptor = openSync(path, mode);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
