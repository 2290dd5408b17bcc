// @ts-check
// Small helpers of the set-up: the error that stops it, finding programs and running them.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/** Stops the set-up. The message is one line that says what is wrong and how to mend it. */
export class SetupError extends Error {}

/** @typedef {Record<string, string | undefined>} Env */

/**
 * Path of the first of these programs that PATH holds.
 * @param {string[]} names
 * @param {Env} env
 * @returns {string | undefined}
 */
export function findProgram(names, env) {
  const folders = (env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => resolve(folder, name))).find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end and collects what it prints.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Env, cwd?: string }} [options]
 */
export function capture(command, args, { env = process.env, cwd } = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    cwd,
    maxBuffer: 64 * 2 ** 20,
  });
  return { ok: status === 0, signal, stdout: stdout ?? '', stderr: stderr || String(error ?? '') };
}

/** @param {string} text */
export function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
