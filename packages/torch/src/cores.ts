/** How many threads can run at once: fewer than the machine has cores where a container has a share of them. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** @param read the text of a file. */
export function coresHere(read = (path: string) => readFileSync(path, 'utf8')): number {
  return Math.min(availableParallelism(), quota(read));
}

/** Of the control group (cgroup v2), in whole cores, at least one; Infinity where there is none. */
function quota(read: (path: string) => string): number {
  try {
    const [most, period] = read('/sys/fs/cgroup/cpu.max').split(' ').map(Number);
    return most > 0 ? Math.max(1, Math.ceil(most / period)) : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY; // no Linux, or an older one
  }
}
