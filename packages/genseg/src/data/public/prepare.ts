/**
 * Turns the official download of a public data set into a data folder: images/ and masks/, in train/, validation/
 * and test/ where the set has an official split, unlabelled/ where it has images without masks, and the texts of
 * attribution.ts. All is written into `<out>.partial`, which takes the folder's name only when it is whole.
 */
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { encode } from 'fast-png';
import { ConfigError, DataError } from '../../errors.ts';
import { DataFiles } from '../files.ts';
import { readTree } from '../layout/tree.ts';
import { mapBounded } from '../map-bounded.ts';
import { descriptionOf, type Row, readmeText, tableText } from './attribution.ts';
import { matchFiles } from './match.ts';
import type { MatchedCase, PublicSet } from './public-set.ts';

export interface Prepared {
  /** The folder that was written. */
  readonly out: string;
  readonly labelled: number;
  readonly unlabelled: number;
  /** null: file names do not identify them. */
  readonly patients: number | null;
  /** Labelled images of each official split; empty: there is none. */
  readonly splits: Readonly<Record<string, number>>;
  /** What was left out, a line each that says why; only with `skipBroken`. */
  readonly leftOut: readonly string[];
  /** Pictures of the download that are neither images nor masks of the set, such as other annotations. */
  readonly unused: readonly string[];
}

export interface PrepareOptions {
  /** A new or empty folder, outside the download. */
  readonly out: string;
  /** Leaves out what cannot be used, instead of refusing all. */
  readonly skipBroken?: boolean;
  /** Is told after every image file of the download. */
  readonly tell?: (done: number, all: number) => void;
}

/**
 * Prepares a public data set from the folder that its download was unpacked into.
 * @throws DataError where files are missing or cannot be used; nothing is left behind.
 * @throws ConfigError where `out` cannot be used.
 */
export async function preparePublicSet(
  set: PublicSet,
  folder: string,
  { out, skipBroken = false, tell = () => {} }: PrepareOptions,
): Promise<Prepared> {
  const target = resolve(out);
  await checkOut(target, resolve(folder));
  const tree = await readTree(folder);
  const { cases, problems: mismatches, unused } = await matchFiles(set, tree);
  const problems = [...mismatches];
  if (!skipBroken) refuse(problems);

  const partial = `${target}.partial`;
  const files = new DataFiles(tree.root);
  const written: Written[] = [];
  let done = 0;
  await rm(partial, { recursive: true, force: true });
  try {
    await eachOf(set, cases, async (one) => {
      try {
        written.push(...(await writeCase(one, set, { partial, files })));
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        problems.push(error.message);
      }
      tell(++done, cases.length);
    });
    problems.sort();
    if (!skipBroken) refuse(problems);
    const labelled = written.filter((one) => one.labelled);
    if (labelled.length === 0) {
      throw new DataError(
        `${folder}: no image of ${set.name} has a mask; ${problems[0] ?? 'download the masks too'}`,
      );
    }
    const unlabelled = written.length - labelled.length;
    const account = { labelled: labelled.length, unlabelled, leftOut: problems };
    await writeTexts(set, { partial, written, account });
    await rmdir(target).catch(() => {}); // an empty one
    await rename(partial, target);
    return { out: target, ...account, ...countsOf(labelled), unused };
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause; // not the system's
    throw new DataError(
      `${target}: cannot be written (${cause.message}); free some space or choose another folder with --out`,
      { cause },
    );
  }
}

interface Written extends Row {
  readonly labelled: boolean;
  readonly split: MatchedCase['split'];
}

/** Writes the pictures of a case, a row each; all or, where one of its files cannot be used, none. */
async function writeCase(
  one: MatchedCase,
  set: PublicSet,
  { partial, files }: { partial: string; files: DataFiles },
): Promise<Written[]> {
  const { masks, patient, split } = one;
  const folder = join(partial, masks.length === 0 ? 'unlabelled' : (split ?? ''));
  const rows: Written[] = [];
  const paths: string[] = [];
  const put = (path: string, bytes: Uint8Array) => {
    paths.push(join(folder, path));
    return write(join(folder, path), bytes);
  };
  try {
    for await (const picture of set.reader.read(one, { files, classes: set.classes.length })) {
      const { mask, width, height, spacing } = picture;
      const id = one.id + picture.suffix;
      await put(join('images', id + picture.extension), picture.bytes);
      if (mask) {
        const bytes = encode({ data: mask, width, height, channels: 1, depth: 8 });
        await put(join('masks', `${id}.png`), bytes);
      }
      rows.push({ id, patient, spacing, labelled: mask !== null, split });
    }
  } catch (error) {
    for (const path of paths) await rm(path, { force: true });
    throw error;
  }
  return rows;
}

async function writeTexts(
  set: PublicSet,
  {
    partial,
    written,
    account,
  }: {
    partial: string;
    written: readonly Written[];
    account: Parameters<typeof readmeText>[1];
  },
): Promise<void> {
  const rows = written.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const tables = {
    '': rows.filter((one) => one.labelled),
    unlabelled: rows.filter((one) => !one.labelled),
  };
  for (const [folder, ofFolder] of Object.entries(tables)) {
    const table = tableText(ofFolder);
    if (table) await write(join(partial, folder, 'data.csv'), table);
  }
  await write(join(partial, 'dataset.json'), `${JSON.stringify(descriptionOf(set), null, 2)}\n`);
  await write(join(partial, 'README.md'), readmeText(set, account));
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** Calls for every case, a few at a time; the first error ends it once the calls under way have ended. */
async function eachOf(
  { reader }: PublicSet,
  cases: readonly MatchedCase[],
  call: (one: MatchedCase) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  await mapBounded(
    cases,
    async (one) => {
      if (errors.length === 0) await call(one).catch((error) => errors.push(error));
    },
    reader.atOnce,
  );
  if (errors.length > 0) throw errors[0];
}

function countsOf(labelled: readonly Written[]): Pick<Prepared, 'patients' | 'splits'> {
  const patients = new Set(labelled.flatMap(({ patient }) => patient ?? []));
  const splits: Record<string, number> = {};
  for (const { split } of labelled) if (split) splits[split] = (splits[split] ?? 0) + 1;
  return { patients: patients.size > 0 ? patients.size : null, splits };
}

const named = 5;

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length > named ? `; and ${problems.length - named} more` : '';
  throw new DataError(
    `${problems.slice(0, named).join('; ')}${more}; nothing was written: mend this, or leave such files out with --skip-broken`,
  );
}

async function checkOut(out: string, folder: string): Promise<void> {
  const inside = relative(folder, out);
  if (inside !== '..' && !inside.startsWith(`..${sep}`)) {
    throw new ConfigError(`${out} lies in the download; choose a folder beside it with --out`);
  }
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ConfigError(
      `${out} cannot be used (${error.message}); choose another folder with --out`,
    );
  });
  if (names.length > 0) {
    throw new ConfigError(
      `${out} holds files, such as ${names[0]}; choose a new or empty folder with --out`,
    );
  }
}
