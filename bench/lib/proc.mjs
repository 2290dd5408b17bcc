// @ts-check
// What Linux says of a process in /proc.

import { readFileSync } from 'node:fs';

/** @typedef {number | 'self' | undefined} Pid as `ChildProcess` has it */

/** Seconds of processor time so far, of all threads. @param {Pid} pid */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the third field on
  return (Number(fields[11]) + Number(fields[12])) / 100; // user and system, in ticks
}

/** Most bytes of memory that it has held at once. @param {Pid} pid */
export const peakMemory = (pid) => bytes(pid, 'VmHWM');

/** Bytes of memory that it holds. @param {Pid} pid */
export const residentMemory = (pid) => bytes(pid, 'VmRSS');

/** @param {Pid} pid @param {string} field */
function bytes(pid, field) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
}
