/** Tables beside the images: patients and pixel sizes from a CSV file, splits from `splits.json`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../errors.ts';
import type { Problem, Split } from '../manifest.ts';
import { type Entry, matchEntries } from './entries.ts';
import { splitOf } from './names.ts';
import { type FoundCase, readJson, type Tree, within } from './tree.ts';

const patientColumns = ['patient_id', 'patient', 'subject_id', 'subject'];
const spacingColumns = ['spacing_x_mm', 'spacing_y_mm'];
const imageColumns = ['image_id', 'image', 'filename', 'file', 'image_name', 'id'];

/** mm per pixel. */
export type Spacing = readonly [x: number, y: number];

/** What a row of a table says of an image. */
interface Row {
  readonly patient: string | null;
  readonly spacing: Spacing | null;
}

/** What the tables say of the cases, by case id. */
export interface Sidecars {
  readonly rows: ReadonlyMap<string, Row>;
  readonly splits: ReadonlyMap<string, Split>;
  readonly inferred: readonly string[];
  readonly problems: readonly Problem[];
}

/** Reads the tables beside the images. @throws DataError for an entry that is no good or ambiguous. */
export async function readSidecars(tree: Tree, cases: readonly FoundCase[]): Promise<Sidecars> {
  const inferred: string[] = [];
  const problems: Problem[] = [];
  const tell = (what: string, file: string, count: number) => {
    if (count > 0) inferred.push(`${what} from ${file}: ${count} of ${cases.length} images`);
  };
  const { file, entries } = await readTable(tree, problems);
  const rows = matchEntries(entries, cases, within(tree, file));
  tell('patients', file, [...rows.values.values()].filter(({ patient }) => patient).length);
  tell('pixel sizes', file, [...rows.values.values()].filter(({ spacing }) => spacing).length);

  const lists = await readSplits(tree);
  const splits = matchEntries(lists, cases, within(tree, 'splits.json'));
  tell('splits', 'splits.json', splits.values.size);
  for (const [path, all, { values, absent }] of [
    [file, entries, rows],
    ['splits.json', lists, splits],
  ] as const) {
    if (all.length === 0 || values.size > 0) continue;
    problems.push({
      severity: 'error',
      kind: 'table',
      message: `${within(tree, path)}: names none of the ${cases.length} images (it has ${absent[0]}, they are ${cases[0].images[0]}, ...); write their file names or paths`,
    });
  }
  if (splits.values.size > 0 && splits.absent.length > 0) {
    problems.push({
      severity: 'warning',
      kind: 'split',
      message: `${within(tree, 'splits.json')}: lists ${splits.absent.length} images that are not there (${splits.absent[0]}, ...); add them or remove the entries`,
    });
  }
  return { rows: rows.values, splits: splits.values, inferred, problems };
}

/** The first CSV file that has a column of images, and one of patients or those of pixel sizes. */
async function readTable(
  tree: Tree,
  problems: Problem[],
): Promise<{ file: string; entries: readonly Entry<Row>[] }> {
  const unread: { file: string; header: readonly string[] }[] = [];
  for (const file of tree.files.filter((path) => /^[^/]+\.csv$/i.test(path))) {
    const [header = [], ...rows] = parseCsv(await readFile(join(tree.root, file), 'utf8'));
    const entries = entriesOf(header, rows, within(tree, file));
    if (entries) return { file, entries };
    unread.push({ file, header });
  }
  const [told] = [...unread.filter(({ file }) => file === 'data.csv'), ...unread];
  if (told) {
    problems.push({
      severity: 'warning',
      kind: 'table',
      message: `${within(tree, told.file)}: is not used, with the columns ${told.header.join(', ') || '(none)'}; name that of the images image_id, and others patient_id or ${spacingColumns.join(' and ')}`,
    });
  }
  return { file: '', entries: [] };
}

/** Undefined where the columns are others. @throws DataError for a pixel size that is none. */
function entriesOf(header: readonly string[], rows: readonly string[][], file: string) {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const names = header.map(plain);
  const column = (candidates: readonly string[]) =>
    candidates.map((name) => names.indexOf(plain(name))).find((index) => index >= 0);
  const patient = column(patientColumns);
  const image = column(imageColumns);
  const [x, y] = spacingColumns.map((name) => column([name]));
  const sized = x !== undefined && y !== undefined;
  if (image === undefined || (patient === undefined && !sized)) return undefined;
  return rows.flatMap((row): Entry<Row>[] => {
    const name = row[image];
    const value = {
      patient: (patient !== undefined && row[patient]) || null,
      spacing: sized ? spacingOf(row[x], row[y]) : null,
    };
    if (value.spacing?.some((mm) => !(mm > 0 && Number.isFinite(mm)))) {
      throw new DataError(
        `${file}: ${name} has the pixel size ${value.spacing.join(' x ')}, expected mm above 0 in both columns; correct or empty them`,
      );
    }
    return name && (value.patient || value.spacing) ? [{ name, value }] : [];
  });
}

/** Null for a row that leaves both empty. */
function spacingOf(x = '', y = ''): Spacing | null {
  const mm = (text: string) => Number(text.replace(',', '.') || NaN);
  return x === '' && y === '' ? null : [mm(x), mm(y)];
}

/** From `splits.json`: `{ "train": ["a.png", ...], "test": [...] }`. */
async function readSplits(tree: Tree): Promise<Entry<Split>[]> {
  if (!tree.files.includes('splits.json')) return [];
  const lists = z.record(z.string(), z.unknown()).safeParse(await readJson(tree, 'splits.json'));
  return Object.entries(lists.data ?? {}).flatMap(([key, list]) => {
    const split = splitOf(key);
    const names = z.array(z.string()).safeParse(list);
    return split && names.success ? names.data.map((name) => ({ name, value: split })) : [];
  });
}

/**
 * RFC 4180: quoted fields may hold separators, line ends and doubled quotes. The separator is what the
 * first line has most of, since spreadsheets write semicolons or tabs where the comma is a decimal point.
 */
function parseCsv(text: string): string[][] {
  const [header] = text.split(/\r?\n/, 1);
  const count = (separator: string) => header.split(separator).length;
  const [most] = [',', ';', '\t'].sort((a, b) => count(b) - count(a));
  const rows: string[][] = [[]];
  const field = new RegExp(`("(?:[^"]|"")*"|[^${most}\\r\\n]*)(${most}|\\r?\\n|$)`, 'gy');
  for (const [, raw, end] of text.replace(/^\uFEFF/, '').matchAll(field)) {
    const value = /^".*"$/s.test(raw) ? raw.slice(1, -1).replaceAll('""', '"') : raw;
    rows.at(-1)!.push(value.trim());
    if (end === '') break;
    if (end !== most) rows.push([]);
  }
  return rows.filter((row) => row.some((value) => value !== ''));
}
