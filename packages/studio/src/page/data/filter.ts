/** Which rows of the table to show. */
import type { CaseRow, DataTable } from '../../api.ts';

export const filters = {
  all: 'All',
  unlabelled: 'Without a mask',
  problems: 'With a problem',
  test: 'In the test set',
} as const;
export type Filter = keyof typeof filters;

export function filterRows(table: DataTable, filter: Filter, search: string): CaseRow[] {
  const words = search.trim().toLowerCase();
  const troubled = new Set(table.problems.map(({ id }) => id));
  const fits: Record<Filter, (row: CaseRow) => boolean> = {
    all: () => true,
    unlabelled: ({ mask }) => mask === null,
    problems: ({ id }) => troubled.has(id),
    test: ({ split }) => split === 'test',
  };
  return table.rows.filter(
    (row) =>
      fits[filter](row) &&
      (words === '' || `${row.id} ${row.image} ${row.patient ?? ''}`.toLowerCase().includes(words)),
  );
}

/** Share of the image of each foreground class that is there, in words: `lung 24 %`. */
export function classShares(
  labels: readonly number[] | null,
  classes: readonly { name: string }[],
): { id: number; name: string; share: number }[] {
  if (labels === null) return [];
  const total = labels.reduce((sum, count) => sum + count, 0);
  return labels
    .map((count, id) => ({ id, name: classes[id]?.name ?? `class ${id}`, share: count / total }))
    .filter(({ id, share }) => id > 0 && share > 0);
}
