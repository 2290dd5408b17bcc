/** What a cell's result depends on, as one hash: its options, the bytes of its data, the code. */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DataError } from '../errors.ts';
import { argsOf, type Cell } from './cells.ts';

export interface Inputs {
  /** Of everything below. */
  readonly hash: string;
  /** Of the arguments and the data: what remains of it when the code changes. */
  readonly data: string;
  readonly code: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The hash of a file or folder. */
export type ContentOf = (path: string) => Promise<string>;

/** Hashes files, and folders by their files' names and bytes, links followed; each file is read once. */
export function contentHashes(): ContentOf {
  const ofFile = remembering(hashFile);
  return remembering((path) => hashOf(path, (file) => ofFile(realpathSync(file))));
}

function remembering(hash: ContentOf): ContentOf {
  const known = new Map<string, Promise<string>>();
  return (path) => {
    const found = known.get(path) ?? hash(path);
    known.set(path, found);
    return found;
  };
}

async function hashOf(path: string, ofFile: ContentOf): Promise<string> {
  if (!statSync(path).isDirectory()) return ofFile(path);
  const lines: string[] = [];
  for (const file of filesIn(path)) lines.push(`${file} ${await ofFile(join(path, file))}`);
  return sha256(lines.join('\n'));
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Sorted, relative; hidden entries and folders of packages left out. */
function filesIn(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix))
    .sort()
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .flatMap((name) => {
      const path = join(prefix, name);
      return statSync(join(folder, path)).isDirectory() ? filesIn(folder, path) : [path];
    });
}

/** Compiled code that only shows results, or runs trainings: folders, which end in `/`, and files. */
export const withoutEffect = ['cli/', 'report/', 'suite/', 'picture/', 'workflow/bench.js'];
/** Counts all the same: makes the scores that are recorded. */
export const withEffect = ['report/evaluation.js'];

const hasEffect = (path: string): boolean =>
  !/\.(d\.ts|map)$/.test(path) &&
  (withEffect.includes(path) || !withoutEffect.some((start) => path.startsWith(start)));

/**
 * The hash of the code that trains and tests.
 * @param roots folders that packages are compiled into, and files that stand for what is compiled natively.
 */
export function codeVersion(roots: readonly string[]): string {
  const lines = roots
    .filter((root) => existsSync(root))
    .flatMap((root) =>
      statSync(root).isDirectory()
        ? filesIn(root)
            .filter(hasEffect)
            .map((path) => join(root, path))
        : [root],
    )
    .map((path, i) => `${i} ${sha256(readFileSync(path, 'utf8'))}`);
  return sha256(lines.join('\n')).slice(0, 16);
}

/** Of a path its last part and what is there count, not where it lies. @throws DataError where nothing is there. */
export async function inputsOf(
  cell: Pick<Cell, 'options' | 'reads' | 'task'>,
  code: string,
  contentOf: ContentOf,
): Promise<Inputs> {
  const missing = cell.reads.find((path) => !existsSync(path));
  if (missing)
    throw new DataError(
      `task ${cell.task}: there is no ${missing}; correct the path, which is read from the suite's folder`,
    );
  const contents = await Promise.all(cell.reads.map(contentOf));
  const named = argsOf(cell).map((arg) => {
    const i = cell.reads.indexOf(arg);
    return i < 0 ? arg : `${basename(arg)} ${contents[i]}`;
  });
  const data = sha256(JSON.stringify(named));
  return { hash: sha256(`${data} ${code}`), data, code };
}
