/** environment.json: the machine and the software that made a run. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Environment, JsonValue } from './types.ts';

/** The same place from src/run/ and from dist/run/. */
const packageFolder = fileURLToPath(new URL('../../', import.meta.url));

/** @param engine what the tensor engine says of itself. */
export function describeEnvironment(engine: JsonValue): Environment {
  const cpus = os.cpus();
  return {
    genseg: { version: packageVersion(), commit: sourceCommit(packageFolder) },
    node: process.version,
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    cpu: { model: cpus[0]?.model.trim() ?? 'unknown', cores: os.availableParallelism() },
    memoryBytes: memoryHere(),
    engine,
  };
}

/** Bytes that this process may use: the machine's memory, or the limit of its control group. */
export function memoryHere(): number {
  const limit = process.constrainedMemory(); // 0, or more than there is: none
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(`${packageFolder}package.json`, 'utf8'));
  return manifest.version;
}

/**
 * The commit of the source that runs, ending in `-dirty` where files differ from it; null outside a
 * git checkout, and for an installed package, which lies in a checkout of something else.
 */
export function sourceCommit(folder: string): string | null {
  if (folder.includes('node_modules')) return null;
  try {
    const describe = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
    const args = ['-C', folder, ...describe];
    return execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return null; // no git, or no checkout
  }
}
