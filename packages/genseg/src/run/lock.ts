/**
 * A lock file that says which process works on a folder. It appears with its content. The lock of a process
 * that has died is taken over; a process is known by its id and, where the system tells, by when it started,
 * because ids are used again after a restart of the machine or a container.
 */

import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  if (!createLock(path, holder)) takeOver(path, holder);
  return {
    [Symbol.dispose]() {
      rmSync(path, { force: true });
    },
  };
}

/**
 * Who holds the lock at `path`; null where nobody does or the holder has died. One of another machine counts
 * as alive, since it cannot be asked.
 */
export function lockHolder(path: string): Holder | null {
  const holder = readHolder(path);
  return holder && isHeld(holder) ? holder : null;
}

/** What the file says; null where there is none, or one that says nothing. */
function readHolder(path: string): Holder | null {
  try {
    const holder: Holder | null = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isInteger(holder?.pid) ? holder : null;
  } catch {
    return null;
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
 * Replaces the lock of a dead process. Of several that try, the one that makes the guard file does
 * it; it looks once more when it has the guard, since another may just have finished.
 */
function takeOver(path: string, holder: Holder): void {
  refuseIfHeld(path);
  const guard = `${path}.takeover`;
  if (!createLock(guard, holder)) throw inUse(path, STARTING, guard);
  try {
    refuseIfHeld(path);
    rmSync(path, { force: true });
    if (!createLock(path, holder)) throw inUse(path, STARTING, path);
  } finally {
    rmSync(guard);
  }
}

function refuseIfHeld(path: string): void {
  const holder = readHolder(path);
  if (holder && isHeld(holder)) throw inUse(path, `process ${holder.pid} on ${holder.host}`, path);
  if (!holder && isYoung(path)) throw inUse(path, STARTING, path); // made, but not written yet
}

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
