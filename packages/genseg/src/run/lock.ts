/**
 * A lock file that says which process works on a folder. It appears with its content. The lock of a process
 * that has died is taken over; a process is known by its id and, where the system tells, by when it started,
 * because ids are used again after a restart of the machine or a container.
 */

import { randomUUID } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../errors.ts';
import { writing } from './atomic.ts';

/** The process that holds a lock. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the system's own terms; null where it does not say. */
  readonly started: string | null;
}

/** Takes the lock at `path` or throws a DataError that names its holder; disposing releases it. */
export function acquireLock(path: string): Disposable {
  const holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  const guard = guardOf(path);
  freeGuard(guard);
  if (!createLock(path, holder)) takeOver(path, { guard, holder });
  return {
    [Symbol.dispose]() {
      rmSync(path, { force: true });
    },
  };
}

/** What stands beside a lock while that of a dead process is taken over. */
export const guardOf = (path: string): string => `${path}.takeover`;

/**
 * Who holds the lock at `path`; null where nobody does or the holder has died. One of another machine counts
 * as alive, since it cannot be asked. @throws DataError where the file cannot be read.
 */
export function lockHolder(path: string): Holder | null {
  const holder = readHolder(path);
  return holder && isHeld(holder) ? holder : null;
}

/** Whether a process holds the lock at `path`, which one that cannot be read may be. */
export function isLocked(path: string): boolean {
  try {
    return lockHolder(path) !== null;
  } catch {
    return true;
  }
}

/** What the file says; null where it says nothing, undefined where there is none. */
function readHolder(path: string): Holder | null | undefined {
  try {
    const holder: Holder | null = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isInteger(holder?.pid) ? holder : null;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new DataError(
      `Cannot read who holds ${path}: ${(cause as Error).message}; mend that, or delete the file if nobody does`,
      { cause },
    );
  }
}

/** Creates the lock file, whole and on the disk; false where there is one. */
function createLock(path: string, holder: Holder): boolean {
  const content = JSON.stringify(holder);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  return writing(path, () => {
    try {
      writeFileSync(temporary, content, { flush: true });
      putInPlace(temporary, path, content);
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  });
}

function putInPlace(temporary: string, path: string, content: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw error;
    // A disk without links, as a memory stick is: there a kill may leave the file empty.
    writeFileSync(path, content, { flag: 'wx', flush: true });
  }
}

/**
 * Replaces the lock of a dead process. Of several that try, the one that has the guard does it; it looks
 * once more when it has the guard, since another may just have finished.
 */
function takeOver(path: string, { guard, holder }: { guard: string; holder: Holder }): void {
  refuseIfHeld(path);
  const release = acquireGuard(guard, holder);
  if (!release) throw inUse(path, STARTING, guard);
  try {
    if (refuseIfHeld(path) === 'left') rmSync(path, { force: true });
    if (!createLock(path, holder)) throw inUse(path, STARTING, path);
  } finally {
    release();
  }
}

/** Whether a dead process left a lock; where there is none, another may make one at any time. @throws DataError */
function refuseIfHeld(path: string): 'left' | 'none' {
  const holder = readHolder(path);
  if (holder === undefined) return 'none';
  if (holder && isHeld(holder)) throw inUse(path, `process ${holder.pid} on ${holder.host}`, path);
  if (!holder && isYoung(path)) throw inUse(path, STARTING, path); // made, but not written yet
  return 'left';
}

/**
 * Gets the guard and gives what releases it, or null where another has it.
 * It is a folder with one file, which tells its holder and has a name that no other ever has. It is
 * renamed into place whole, which succeeds only where there is no folder or an empty one; and who deletes the
 * file of a dead holder can hit no other's.
 */
function acquireGuard(guard: string, holder: Holder): (() => void) | null {
  const name = randomUUID();
  const own = join(guard, name);
  const temporary = join(dirname(guard), `.${basename(guard)}.${name}.${process.pid}.tmp`);
  writing(guard, () => {
    try {
      mkdirSync(temporary);
      writeFileSync(join(temporary, name), JSON.stringify(holder));
      renameSync(temporary, guard);
    } catch (error) {
      if (!isByAnother(error)) throw error;
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
  if (!existsSync(own)) return null;
  return () => {
    rmSync(own, { force: true });
    removeIfEmpty(guard);
  };
}

/** Takes the guard from a holder that has died. */
function freeGuard(guard: string): void {
  if (!existsSync(guard)) return;
  writing(guard, () => {
    try {
      for (const name of readdirSync(guard)) {
        const holder = readHolder(join(guard, name));
        if (!holder || !isHeld(holder)) rmSync(join(guard, name), { force: true });
      }
    } catch (error) {
      if (!isByAnother(error)) throw error;
    }
    removeIfEmpty(guard);
  });
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!isByAnother(error)) throw error;
  }
}

/** Another has the guard, has given it up or swept the folder in the making, or the guard is a file, as it once was. */
const isByAnother = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].some((code) => hasCode(error, code));

/** Whether a process that made the file may still be about to write it. */
function isYoung(path: string): boolean {
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made < 5000;
}

const isHeld = ({ pid, host, started }: Holder): boolean =>
  host !== hostname() || (isAlive(pid) && startOf(pid) === started);

const STARTING = 'another process that starts';

const inUse = (path: string, holder: string, file: string) =>
  new DataError(
    `${dirname(path)} is in use by ${holder}; wait for it or stop it, or delete ${file} if it is gone`,
  );

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM'); // it is another user's
  }
}

/** Field 22 of /proc/<pid>/stat, the start in clock ticks since boot. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null; // not Linux
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
