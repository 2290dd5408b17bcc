/** Tables beside the images: patients and pixel sizes from a CSV file, splits from `splits.json`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../errors.ts';
import type { Split } from '../manifest.ts';
import { basename, isImage, splitOf, stem } from './names.ts';
import { type FoundCase, readJson, type Tree, within } from './tree.ts';

const patientColumns = ['patient_id', 'patientid', 'patient', 'subject_id', 'subject'];
const spacingColumns = ['spacing_x_mm', 'spacing_y_mm'];
const imageColumns = ['image_id', 'image', 'filename', 'file_name', 'file', 'image_name', 'id'];

/** mm per pixel. */
export type Spacing = readonly [x: number, y: number];

/** What a table says of images, by image name or case id. */
export interface ImageTable {
  readonly file: string;
  /** Empty: it has no column of patients. */
  readonly patients: ReadonlyMap<string, string>;
  /** Empty: it has no columns of pixel sizes. */
  readonly spacings: ReadonlyMap<string, Spacing>;
}

/**
 * The first CSV file that has a column of images, and one of patients or those of pixel sizes.
 * @throws DataError for a pixel size that is none.
 */
export async function readImageTable(tree: Tree): Promise<ImageTable | undefined> {
  for (const file of tree.files.filter((path) => /^[^/]+\.csv$/i.test(path))) {
    const [header = [], ...rows] = parseCsv(await readFile(join(tree.root, file), 'utf8'));
    const names = header.map((name) => name.trim().toLowerCase());
    const column = (candidates: readonly string[]) =>
      candidates.map((name) => names.indexOf(name)).find((index) => index >= 0);
    const patient = column(patientColumns);
    const image = column(imageColumns);
    const sizes = spacingColumns.map((name) => names.indexOf(name));
    const sized = sizes.every((index) => index >= 0);
    if (image === undefined || (patient === undefined && !sized)) continue;
    const patients = new Map<string, string>();
    const spacings = new Map<string, Spacing>();
    for (const row of rows.filter((row) => row[image])) {
      const key = entryKey(row[image]);
      if (patient !== undefined && row[patient]) patients.set(key, row[patient]);
      const spacing = sized ? spacingOf(sizes.map((index) => row[index])) : undefined;
      if (spacing?.some((mm) => !(mm > 0 && Number.isFinite(mm)))) {
        throw new DataError(
          `${within(tree, file)}: ${row[image]} has the pixel size ${spacing.join(' x ')}, expected mm above 0 in both columns; correct or empty them`,
        );
      }
      if (spacing) spacings.set(key, spacing);
    }
    return { file, patients, spacings };
  }
  return undefined;
}

/** Undefined for a row that leaves both empty. */
function spacingOf([x = '', y = '']: readonly string[]): Spacing | undefined {
  return x.trim() === '' && y.trim() === '' ? undefined : [Number(x || NaN), Number(y || NaN)];
}

/** Image name or case id -> split, from `splits.json`: `{ "train": ["a.png", ...], "test": [...] }`. */
export async function readSplits(tree: Tree): Promise<ReadonlyMap<string, Split> | undefined> {
  if (!tree.files.includes('splits.json')) return undefined;
  const lists = z.record(z.string(), z.unknown()).safeParse(await readJson(tree, 'splits.json'));
  const splits = new Map<string, Split>();
  for (const [key, list] of Object.entries(lists.data ?? {})) {
    const split = splitOf(key);
    const ids = z.array(z.string()).safeParse(list);
    if (split && ids.success) for (const id of ids.data) splits.set(entryKey(id), split);
  }
  return splits.size > 0 ? splits : undefined;
}

/** An entry of a table without folder and image extension. */
function entryKey(name: string): string {
  const file = basename(name.trim());
  return isImage(file) ? stem(file) : file;
}

/** The keys under which a table may hold a case. */
export const keysOf = ({ id, images }: FoundCase) => [stem(basename(images[0])), id];

/** RFC 4180: quoted fields may hold commas, line ends and doubled quotes. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy;
  for (const [, raw, end] of text.replace(/^\uFEFF/, '').matchAll(field)) {
    const value = raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
    rows.at(-1)!.push(value);
    if (end === '') break;
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.some((value) => value !== ''));
}
