/** The built command line as a user runs it, and small data sets for it. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from '@genseg/torch';
import { dataSet, png } from './data/fixtures.ts';
import { discSamples } from './tiny.ts';

const home = join(import.meta.dirname, '..');

/** A test of yesterday's build would be worth nothing. */
function refuseStaleBuild(): void {
  const src = join(home, 'src');
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  const built = statSync(join(home, 'tsconfig.tsbuildinfo'), { throwIfNoEntry: false });
  const newer = sources.find((name) => statSync(join(src, name)).mtimeMs > (built?.mtimeMs ?? 0));
  if (newer) throw new Error(`${newer} is newer than dist: run npm run build`);
}
refuseStaleBuild();

export interface Ended {
  /** null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

const command = [process.execPath, join(home, 'bin', 'genseg.js')] as const;

/** A command under way; `ended` never rejects. */
export const start = (...args: string[]) => launch(...command, ...args);

function launch(program: string, ...args: string[]) {
  const child = spawn(program, args, {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((done) => {
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
  return { child, ended };
}

export const genseg = (...args: string[]): Promise<Ended> => start(...args).ended;

/** A command in a process that a line of bash has limited or changed before: `ulimit -f 100`. */
export const gensegUnder = (line: string, ...args: string[]): Promise<Ended> =>
  launch('bash', '-c', `${line}; exec "$@"`, 'bash', ...command, ...args).ended;

/** What went to stdout, which must be one JSON object and nothing else. */
export function jsonOf({ stdout, stderr }: Ended): Record<string, unknown> {
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`not one JSON object: ${stdout}\nstderr: ${stderr}`, { cause });
  }
}

/** PNG files of discs: images/<name>-<i>.png and masks/<name>-<i>.png. */
export function discFiles(
  name: string,
  count: number,
  options: { classes?: number; halved?: boolean } = {},
) {
  const samples = discSamples(name, count, options);
  const bytes = (image: Float32Array) => Uint8Array.from(image, (x) => Math.round(255 * x));
  return Object.fromEntries(
    samples.flatMap(({ id, image, mask, width }) => [
      [`images/${id}.png`, png(bytes(image), { width })],
      [`masks/${id}.png`, png(mask, { width })],
    ]),
  );
}

/** A folder of labelled discs, with other files added to it, or taken away (null). */
export function discFolder(
  name: string,
  count: number,
  others: Record<string, unknown> = {},
): Promise<string> {
  const files = Object.entries({ ...discFiles(name, count), ...others });
  return dataSet(Object.fromEntries(files.filter(([, content]) => content !== null)));
}

/**
 * A training that takes seconds: what to pass after `train <data> --out <run>`. No trial chooses its settings, so that
 * two of them come to the same bits.
 */
export const quick = (method: string, iterations = 4): string[] => [
  ...['--method', method, '--size', '32', '--iterations', String(iterations)],
  ...['--threads', '1', '--precision', 'fp32', '--image-layout', environment().imageLayout],
];

export const readJson = (...path: string[]) =>
  JSON.parse(readFileSync(join(...path), 'utf8')) as Record<string, unknown>;
