/** The tables beside the images that genseg reads too: patients.csv and splits.json. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { csvText, writeFileAtomic, writeJsonAtomic } from 'genseg/run';
import { z } from 'zod';
import type { Split } from '../api.ts';
import type { ProjectPaths } from './paths.ts';

const splitsSchema = z.record(z.enum(['train', 'validation', 'test']), z.array(z.string()));

/** Case id -> split. A file that is none of ours is answered with null: genseg decides what it means. */
export function readSplits({ splits: path }: ProjectPaths): Map<string, Split> | null {
  if (!existsSync(path)) return new Map();
  try {
    const lists = splitsSchema.parse({
      ...{ train: [], validation: [], test: [] },
      ...JSON.parse(readFileSync(path, 'utf8')),
    });
    return new Map(
      Object.entries(lists).flatMap(([split, ids]) => ids.map((id) => [id, split as Split])),
    );
  } catch {
    return null;
  }
}

export function writeSplits({ splits: path }: ProjectPaths, splits: ReadonlyMap<string, Split>) {
  const of = (wanted: Split) =>
    [...splits].flatMap(([id, split]) => (split === wanted ? id : [])).sort();
  if (splits.size === 0) return rmSync(path, { force: true });
  writeJsonAtomic(path, { train: of('train'), validation: of('validation'), test: of('test') });
}

/** Case id -> patient. */
export function readPatients({ patients: path }: ProjectPaths): Map<string, string> {
  if (!existsSync(path)) return new Map();
  const [, ...rows] = readFileSync(path, 'utf8').split(/\r?\n/);
  return new Map(
    rows.flatMap((row): [string, string][] => {
      const fields = [...row.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, field]) =>
        field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field,
      );
      return fields[0] && fields[1] ? [[fields[0], fields[1]]] : [];
    }),
  );
}

export function writePatients(
  { patients: path }: ProjectPaths,
  patients: ReadonlyMap<string, string>,
) {
  if (patients.size === 0) return rmSync(path, { force: true });
  const rows = [...patients].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileAtomic(path, csvText(['image', 'patient'], rows));
}
