/** The table of images: the files as they are now, joined with what the last inspection found in them. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Inspection, isImage } from 'genseg/data';
import type { CaseRow, DataTable } from '../api.ts';
import type { Inspector } from './inspection.ts';
import { type Listing, listProject } from './listing.ts';
import type { ProjectPaths } from './paths.ts';
import { duplicatesOf, problemsOf } from './problems.ts';
import type { SettingsStore } from './settings.ts';
import { readPatients, readSplits } from './sidecars.ts';

type Case = Inspection['manifest']['cases'][number];

export interface Table {
  /** Cheap: from names and times. */
  rows(): CaseRow[];
  /** As the files are now. */
  row(id: string): CaseRow | undefined;
  /** As they were a moment ago, for pictures, which come by the hundred. */
  recentRow(id: string): CaseRow | undefined;
  whole(): DataTable;
}

export function createTable(
  paths: ProjectPaths,
  { inspector, settings }: { inspector: Inspector; settings: SettingsStore },
): Table {
  /** Of the listing it was made of; ten thousand rows are not made anew for every thumbnail. */
  let kept: { key: string; found: Inspection | null; rows: CaseRow[]; at: number } | null = null;

  const rowsOf = (listing: Listing, found: Inspection | null): CaseRow[] => {
    const same = kept?.key === listing.key && kept.found === found;
    const rows = same ? kept!.rows : makeRows(paths, listing, found);
    kept = { key: listing.key, found, rows, at: Date.now() };
    return rows;
  };
  const rows = () => {
    const listing = listProject(paths);
    return rowsOf(listing, inspector.look(listing).found);
  };
  const row = (id: string) => rows().find((one) => one.id === id);
  return {
    rows,
    row,
    recentRow(id) {
      const recent = kept && Date.now() - kept.at < 1000 ? kept.rows : [];
      return recent.find((one) => one.id === id) ?? row(id);
    },
    whole() {
      const listing = listProject(paths);
      const { state, error, found } = inspector.look(listing);
      const rows = rowsOf(listing, found);
      return {
        rows,
        inspection: { state, error },
        inferred: [...(found?.manifest.inferred ?? [])],
        problems: problemsOf(paths, { rows, listing, found, kept: settings.get().kept, error }),
        duplicates: duplicatesOf(rows, found),
        testSets: testSetsOf(paths),
      };
    },
  };
}

function makeRows(paths: ProjectPaths, listing: Listing, found: Inspection | null): CaseRow[] {
  const cases = new Map<string, Case>();
  for (const one of found?.manifest.cases ?? []) cases.set(one.images[0].path, one);
  const patients = readPatients(paths);
  const splits = readSplits(paths);
  return listing.images
    .map(({ path, stamp }): CaseRow => {
      const known = cases.get(path);
      const id = known?.id ?? idOf(path);
      const masks = [known?.masks[0]?.path, `masks/${id}.png`, ...sameStem(path)];
      const mask = masks.find((name) => name !== undefined && listing.masks.has(name)) ?? null;
      const current = mask === (known?.masks[0]?.path ?? null) ? known : undefined;
      const patient = patients.get(id) ?? known?.patient ?? null;
      return {
        id,
        image: path,
        mask,
        width: known?.width ?? null,
        height: known?.height ?? null,
        patient,
        group: patient ?? known?.group ?? null,
        split: (splits ? splits.get(id) : known?.split) ?? null,
        labels: current?.labels ?? null,
        inferred: known?.inferred ?? [],
        revision: revision(stamp, mask && listing.masks.get(mask)!.stamp),
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** As genseg names a case of images/: without the folder, the extension, and what only says that it is an image. */
const idOf = (path: string): string =>
  path
    .replace(/^images\//, '')
    .replace(/\.[^./]+$/, '')
    .replace(/_0000$/, '')
    .replaceAll('/', '-');

const sameStem = (path: string): string[] => {
  const stem = path.replace(/^images\//, 'masks/').replace(/\.[^./]+$/, '');
  return ['png', 'tif', 'tiff', 'bmp', 'gif', 'jpg'].map((extension) => `${stem}.${extension}`);
};

const revision = (...stamps: (string | null)[]): string =>
  createHash('sha256').update(stamps.join('\n')).digest('hex').slice(0, 16);

function testSetsOf({ tests }: ProjectPaths): DataTable['testSets'] {
  if (!existsSync(tests)) return [];
  return readdirSync(tests, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const images = join(tests, name, 'images');
      return { name, images: existsSync(images) ? readdirSync(images).filter(isImage).length : 0 };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
