/** What the files of `genseg predict` are called: each other than all others, and none as an image that is read. */
import { statSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { inFileName } from '../report/index.ts';

/**
 * A name for each image's results: its own, where no file of another is called the same; else with its extension, with
 * its folder in front, or with both; what is still the same is numbered.
 * @param suffixes of each image's files.
 */
export function outputNames(images: readonly string[], suffixes: readonly string[]): string[] {
  let names = images.map(stem);
  for (const longer of [dotless, inFolder(stem), inFolder(dotless)]) {
    const owners = new Map<string, number>();
    for (const file of names.flatMap((name) => filesOf(name, suffixes)))
      owners.set(file, (owners.get(file) ?? 0) + 1);
    const clash = (name: string) => filesOf(name, suffixes).some((file) => owners.get(file)! > 1);
    names = names.map((name, i) => (clash(name) ? longer(images[i]) : name));
  }
  return numbered(names, suffixes);
}

/** The endings of the files of class probabilities, an ending each: what no file name may hold as %hex. */
export function probabilitySuffixes(classes: readonly string[]): string[] {
  if (classes.length === 1) return ['_probability'];
  return numbered(classes.map(inFileName), ['']).map((name) => `_probability_${name}`);
}

/** @throws ConfigError where a file to write is an image to read, by whatever path. */
export function refuseOverwriting(images: readonly string[], written: readonly string[]): void {
  const read = new Set(images.map(identity));
  const lost = written.find((path) => read.has(identity(path) ?? ''));
  if (lost === undefined) return;
  throw new ConfigError(
    `${lost}: is one of the images to predict, and its prediction would overwrite it; choose another folder for --out`,
  );
}

const stem = (path: string): string => basename(path, extname(path));
const dotless = (path: string): string => basename(path).replaceAll('.', '_');
const inFolder = (name: (path: string) => string) => (path: string) =>
  `${basename(dirname(resolve(path)))}-${name(path)}`;

/** As disks tell files apart that take capitals and small letters for the same. */
const filesOf = (name: string, suffixes: readonly string[]): string[] =>
  suffixes.map((suffix) => (name + suffix).normalize().toLowerCase());

/** The names, `-2` and so on behind those whose files are there already. */
function numbered(names: readonly string[], suffixes: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; filesOf(unique, suffixes).some((file) => taken.has(file)); n++)
      unique = `${name}-${n}`;
    for (const file of filesOf(unique, suffixes)) taken.add(file);
    return unique;
  });
}

/** The same for all paths that lead to a file, links followed; null where there is none. */
function identity(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
}
