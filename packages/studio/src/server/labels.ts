/** Which labels a round was given, by what its runs have written down, and what is new against the round before. */
import { existsSync, readFileSync } from 'node:fs';
import { runPaths } from 'genseg/run';
import type { RoundLabels } from '../api.ts';
import type { RunPlace } from './round-files.ts';

export interface UsedLabels {
  readonly train: string[];
  readonly validation: string[];
  readonly test: string[];
  /** Case id -> SHA-256 of its masks, of those that trained or validated. */
  readonly masks: ReadonlyMap<string, string>;
}

interface ManifestCase {
  id: string;
  masks: { sha256: string }[];
}

/** null before the first run has decided. All methods of a round are given the same. */
export function labelsOf(runs: readonly RunPlace[]): UsedLabels | null {
  const run = runs.find(({ folder }) => existsSync(runPaths(folder).splits));
  if (!run) return null;
  const paths = runPaths(run.folder);
  const splits = JSON.parse(readFileSync(paths.splits, 'utf8')) as Omit<UsedLabels, 'masks'>;
  const { cases } = JSON.parse(readFileSync(paths.manifest, 'utf8')) as { cases: ManifestCase[] };
  const used = new Set([...splits.train, ...splits.validation]);
  const masks = cases
    .filter(({ id }) => used.has(id))
    .map(({ id, masks }) => [id, masks.map(({ sha256 }) => sha256).join(' ')] as const);
  const { train, validation, test } = splits;
  return { train, validation, test, masks: new Map(masks) };
}

/** @param before those of the round before; null: this is the first. */
export function comparedWith(labels: UsedLabels, before: UsedLabels | null): RoundLabels {
  const { train, validation, test, masks } = labels;
  const ids = [...masks.keys()];
  return {
    ...{ train, validation, test },
    added: before ? ids.filter((id) => !before.masks.has(id)) : ids,
    changed: before
      ? ids.filter((id) => before.masks.has(id) && before.masks.get(id) !== masks.get(id))
      : [],
  };
}
