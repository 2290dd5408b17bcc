/** What the user changes in the table: mends of problems, patients, splits. Files go to the trash, not away. */
import { join } from 'node:path';
import type { CaseChange, CaseRow, Mend } from '../api.ts';
import { notFound, RequestError } from './errors.ts';
import { discard, isInside, type ProjectPaths } from './paths.ts';
import { keptKey } from './problems.ts';
import type { SettingsStore } from './settings.ts';
import { readPatients, readSplits, writePatients, writeSplits } from './sidecars.ts';
import type { Table } from './table.ts';

export interface MendContext {
  readonly table: Table;
  readonly settings: SettingsStore;
}

export function applyMend(paths: ProjectPaths, mend: Mend, { table, settings }: MendContext): void {
  const rowOf = (id: string): CaseRow => {
    const row = table.row(id);
    if (row) return row;
    throw notFound(id);
  };
  switch (mend.kind) {
    case 'remove-case': {
      const { image, mask } = rowOf(mend.id);
      discard(paths, join(paths.root, image));
      if (mask) discard(paths, join(paths.root, mask));
      forget(paths, mend.id);
      break;
    }
    case 'remove-mask': {
      const { mask } = rowOf(mend.id);
      if (mask) discard(paths, join(paths.root, mask));
      break;
    }
    case 'remove-file': {
      const path = join(paths.root, mend.path);
      if (!/^(images|masks)\//.test(mend.path) || !isInside(paths.root, path)) {
        throw notFound(mend.path);
      }
      discard(paths, path);
      break;
    }
    case 'keep': {
      const { id } = rowOf(mend.id);
      const kinds = ['empty-mask', 'full-mask'].map((kind) => keptKey(kind, id));
      settings.change({ kept: [...new Set([...settings.get().kept, ...kinds])] });
      break;
    }
    case 'same-patient': {
      const [a, b] = mend.ids.map(rowOf);
      changeCases(paths, [{ id: b.id, patient: a.patient ?? a.id }], table);
      changeCases(paths, [{ id: a.id, patient: a.patient ?? a.id }], table);
      break;
    }
    case 'set-split':
      changeCases(paths, [{ id: mend.id, split: mend.split }], table);
      break;
    case 'paint':
      break; // the page's own
  }
}

/** Patients and splits. A split given to a case moves all of its group. */
export function changeCases(
  paths: ProjectPaths,
  changes: readonly CaseChange[],
  table: Table,
): void {
  const rows = table.rows();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const patients = readPatients(paths);
  const splits = readSplits(paths);
  if (splits === null) {
    throw new RequestError(
      409,
      'splits.json holds more than lists of train, validation and test; change it by hand',
    );
  }
  for (const { id, patient, split } of changes) {
    const row = byId.get(id);
    if (!row) throw notFound(id);
    if (patient === null) patients.delete(id);
    else if (patient !== undefined) patients.set(id, patient);
    if (split === undefined) continue;
    const group = patients.get(id) ?? row.group;
    const members = rows.filter(
      (one) => group !== null && (patients.get(one.id) ?? one.group) === group,
    );
    for (const member of [row, ...members]) {
      if (split === null) splits.delete(member.id);
      else splits.set(member.id, split);
    }
  }
  writePatients(paths, patients);
  writeSplits(paths, splits);
}

function forget(paths: ProjectPaths, id: string): void {
  const patients = readPatients(paths);
  if (patients.delete(id)) writePatients(paths, patients);
  const splits = readSplits(paths);
  if (splits?.delete(id)) writeSplits(paths, splits);
}
