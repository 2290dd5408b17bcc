/** Sets patients aside as a test set: whole groups, drawn at random from a seed, never by order of files. */
import type { CaseChange, CaseRow } from '../../api.ts';
import { groupBy } from '../words/group-by.ts';

/** Cases of one group stay together; a case without one is its own. */
const groupOf = ({ id, group, patient }: CaseRow): string => group ?? patient ?? id;

/**
 * The changes that give about `share` of the labelled images to the test split, the rest back to training.
 * @param share of the labelled images, 0 to 1
 * @returns nothing where fewer than two groups are labelled: one would leave no image on one side
 */
export function drawTest(rows: readonly CaseRow[], share: number, seed: number): CaseChange[] {
  const labelled = rows.filter(({ mask }) => mask !== null);
  const groups = groupBy(labelled, groupOf);
  if (groups.size < 2) return [];
  const order = [...groups.keys()].sort(
    (a, b) => hash(`${seed}/${a}`) - hash(`${seed}/${b}`) || (a < b ? -1 : 1),
  );
  const wanted = share * labelled.length;
  const chosen = new Set<string>();
  let taken = 0;
  for (const group of order) {
    const size = groups.get(group)!.length;
    // At least one group, never all of them, and none that overshoots by more than it helps.
    if (chosen.size > 0 && taken + size / 2 > wanted) break;
    if (chosen.size === groups.size - 1) break;
    chosen.add(group);
    taken += size;
  }
  return rows
    .filter((row) => row.split !== splitOf(row, chosen))
    .map((row) => ({ id: row.id, split: splitOf(row, chosen) }));
}

const splitOf = (row: CaseRow, chosen: ReadonlySet<string>) =>
  chosen.has(groupOf(row)) ? 'test' : null;

/** FNV-1a, 32 bits, with a last mixing so that like names do not stay near each other. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}
