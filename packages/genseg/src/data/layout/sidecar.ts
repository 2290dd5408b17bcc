/** Tables beside the images: patients from a CSV file, splits from `splits.json`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Split } from '../manifest.ts';
import { basename, isImage, splitOf, stem } from './names.ts';
import { type FoundCase, readJson, type Tree } from './tree.ts';

const patientColumns = ['patient_id', 'patientid', 'patient', 'subject_id', 'subject'];
const imageColumns = ['image_id', 'image', 'filename', 'file_name', 'file', 'image_name', 'id'];

/** Image name or case id -> patient, from the first CSV that has a patient and an image column. */
export async function readPatients(
  tree: Tree,
): Promise<{ file: string; patients: ReadonlyMap<string, string> } | undefined> {
  for (const file of tree.files.filter((path) => /^[^/]+\.csv$/i.test(path))) {
    const [header = [], ...rows] = parseCsv(await readFile(join(tree.root, file), 'utf8'));
    const names = header.map((name) => name.trim().toLowerCase());
    const column = (candidates: readonly string[]) =>
      candidates.map((name) => names.indexOf(name)).find((index) => index >= 0);
    const patient = column(patientColumns);
    const image = column(imageColumns);
    if (patient === undefined || image === undefined) continue;
    const complete = rows.filter((row) => row[patient] && row[image]);
    const patients = new Map(complete.map((row) => [entryKey(row[image]), row[patient]]));
    return { file, patients };
  }
  return undefined;
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
