/** What is wrong with the data, as `genseg inspect` says it, each with what one click can do about it. */
import type { Inspection } from 'genseg/data';
import type { CaseRow, DuplicatePair, Mend, Problem } from '../api.ts';
import type { Listing } from './listing.ts';
import type { ProjectPaths } from './paths.ts';

type Offer = Problem['mends'][number];

const offer = (label: string, mend: Mend): Offer => ({ label, mend });
const removeCase = (id: string) =>
  offer('Remove the image and its mask', { kind: 'remove-case', id });
const removeMask = (id: string) => offer('Remove the mask', { kind: 'remove-mask', id });
const paint = (id: string) => offer('Open to paint', { kind: 'paint', id });
const keep = (id: string) => offer('It is right so', { kind: 'keep', id });

/** By kind: what may be done, the likeliest first. */
const offers: Readonly<Record<string, (id: string) => Offer[]>> = {
  unusable: (id) => [removeCase(id), removeMask(id)],
  'channels-mismatch': (id) => [removeCase(id)],
  'missing-mask': (id) => [paint(id)],
  'empty-mask': (id) => [paint(id), keep(id), removeMask(id)],
  'full-mask': (id) => [paint(id), keep(id), removeMask(id)],
  split: (id) => [
    offer('Put it into the test split too', { kind: 'set-split', id, split: 'test' }),
    removeCase(id),
  ],
};

export const keptKey = (kind: string, id: string): string => `${kind}:${id}`;

export interface ProblemSources {
  readonly rows: readonly CaseRow[];
  readonly listing: Listing;
  readonly found: Inspection | null;
  /** Those that the user lets be. */
  readonly kept: readonly string[];
  /** Of an inspection that failed as a whole. */
  readonly error: string | null;
}

/** Errors first. A problem of a file that is no longer there, or has changed for the better, is left out. */
export function problemsOf(paths: ProjectPaths, sources: ProblemSources): Problem[] {
  const { rows, listing, found, kept, error } = sources;
  const shorten = (message: string) => message.replaceAll(`${paths.root}/`, '');
  const byFile = new Map(
    rows.flatMap((row) => [row.image, row.mask ?? []].flat().map((path) => [path, row])),
  );
  const present = (path: string) => byFile.has(path) || listing.masks.has(path);
  const reported = (found?.problems ?? []).flatMap(({ severity, kind, message }): Problem[] => {
    const text = shorten(message);
    const file = text.split(': ')[0];
    const row = byFile.get(file);
    if (/^(images|masks)\//.test(file) && !present(file)) return [];
    if (kind === 'missing-mask' && row?.mask) return [];
    if (row && kept.includes(keptKey(kind, row.id))) return [];
    const mends = row
      ? (offers[kind]?.(row.id) ?? [])
      : listing.masks.has(file)
        ? [offer('Remove this file', { kind: 'remove-file', path: file })]
        : [];
    return [{ severity, kind, message: text, id: row?.id ?? null, mends }];
  });
  const foreign = listing.foreign.map(
    (path): Problem => ({
      ...{ severity: 'error', kind: 'foreign', id: null, mends: [] },
      message: `${path}: is a link that leads out of the project; copy the file itself here`,
    }),
  );
  const failed = (error === null ? [] : [error]).map(
    (message): Problem => ({
      ...{ severity: 'error', kind: 'failed', id: null, mends: [] },
      message: shorten(message),
    }),
  );
  const rank = ({ severity }: Problem) => (severity === 'error' ? 0 : 1);
  return [...failed, ...foreign, ...reported].sort((a, b) => rank(a) - rank(b));
}

export function duplicatesOf(rows: readonly CaseRow[], found: Inspection | null): DuplicatePair[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return (found?.duplicates ?? []).flatMap(({ cases: [a, b], kind, crosses }): DuplicatePair[] => {
    if (!byId.has(a) || !byId.has(b)) return [];
    const apart = byId.get(a)!.patient !== byId.get(b)!.patient;
    return [
      {
        ...{ ids: [a, b], kind, crosses: [...crosses] },
        mends: [
          offer(`Remove ${b}`, { kind: 'remove-case', id: b }),
          offer(`Remove ${a}`, { kind: 'remove-case', id: a }),
          ...(apart ? [offer('They are one patient', { kind: 'same-patient', ids: [a, b] })] : []),
        ],
      },
    ];
  });
}
