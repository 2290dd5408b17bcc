/** The command line as a child process: all that needs tensors happens there. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const packageRoot = join(import.meta.dirname, '..', '..');

/** The `genseg` program beside this package. */
export function gensegProgram(): string {
  const run = createRequire(import.meta.url).resolve('genseg/run'); // <genseg>/dist/run/index.js
  return join(run, '..', '..', '..', 'bin', 'genseg.js');
}

/** A program of this package's own, as it was built. */
export const ownProgram = (name: string): string => join(packageRoot, 'dist', 'server', name);

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a Node program to its end; it never rejects. */
export function runNode(
  program: string,
  args: readonly string[],
  { onSpawn }: { onSpawn?: (child: ChildProcess) => void } = {},
): Promise<Ended> {
  const child = spawnNode(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onSpawn?.(child);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  }
  return new Promise((done) => {
    child.on('error', (error) => done({ code: null, stdout: '', stderr: error.message }));
    child.on('close', (code) => done({ code, ...text }));
  });
}

/** Options for `genseg train` that the user has set in the shell are not those that the page has shown. */
const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GENSEG_')));

export const spawnNode = (
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess =>
  spawn(process.execPath, [program, ...args], {
    ...options,
    env: { OMP_WAIT_POLICY: 'passive', ...ownEnvironment(), NO_COLOR: '1' },
  });

/** The sentence that a command ended with, without `error: `. */
export function errorOf({ code, stderr }: Pick<Ended, 'code' | 'stderr'>): string {
  const lines = stderr.trim().split('\n');
  const line =
    lines.findLast((text) => text.startsWith('error: ')) ??
    lines.find((text) => /^\w*Error( \[\w+\])?: /.test(text)) ?? // it could not even start
    lines.at(-1) ??
    '';
  return line.replace(/^error: /, '') || `genseg ended with ${code ?? 'a signal'}`;
}
