/** Files that appear whole or not at all: written beside their place, made durable, renamed. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TorchError } from './errors.ts';

/** Makes a file's content, or a folder's entries, survive a power cut. */
function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Replaces the file at `path` by the one that `write` makes at the path it gets.
 * @throws TorchError, with the path, when that fails; the former file is as it was.
 */
export function writeAtomically(path: string, write: (unfinished: string) => void): void {
  const folder = dirname(path);
  const unfinished = join(folder, `.${basename(path)}.${process.pid}.tmp`);
  try {
    write(unfinished);
    sync(unfinished);
    renameSync(unfinished, path);
    sync(folder);
  } catch (cause) {
    rmSync(unfinished, { force: true });
    if (cause instanceof TorchError) throw cause;
    throw new TorchError(`cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}
