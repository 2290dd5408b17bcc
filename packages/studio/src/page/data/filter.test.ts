import { expect, test } from 'vitest';
import type { CaseRow, DataTable } from '../../api.ts';
import { classShares, filterRows } from './filter.ts';

const row = (id: string, more: Partial<CaseRow> = {}): CaseRow => ({
  ...{
    id,
    image: `images/${id}.png`,
    mask: 'm.png',
    width: 8,
    height: 8,
    patient: null,
    group: null,
  },
  ...{ split: null, labels: null, inferred: [], revision: '1', ...more },
});
const table: DataTable = {
  rows: [row('a'), row('b', { mask: null }), row('c', { split: 'test', patient: 'Ann' }), row('d')],
  inspection: { state: 'fresh', error: null },
  inferred: [],
  problems: [{ severity: 'warning', kind: 'empty-mask', message: 'd: empty', id: 'd', mends: [] }],
  duplicates: [],
  testSets: [],
};
const ids = (...args: [Parameters<typeof filterRows>[1], string]) =>
  filterRows(table, ...args).map(({ id }) => id);

test('each filter shows its rows', () => {
  expect(ids('all', '')).toEqual(['a', 'b', 'c', 'd']);
  expect(ids('unlabelled', '')).toEqual(['b']);
  expect(ids('problems', '')).toEqual(['d']);
  expect(ids('test', '')).toEqual(['c']);
});

test('search looks at names and patients, whatever the case', () => {
  expect(ids('all', ' ANN ')).toEqual(['c']);
  expect(ids('all', 'B.png')).toEqual(['b']);
  expect(ids('unlabelled', 'ann')).toEqual([]);
});

test('shares are of the whole image, without the background and absent classes', () => {
  const classes = [{ name: 'background' }, { name: 'lung' }];
  expect(classShares([75, 20, 0, 5], classes)).toEqual([
    { id: 1, name: 'lung', share: 0.2 },
    { id: 3, name: 'class 3', share: 0.05 },
  ]);
  expect(classShares(null, classes)).toEqual([]);
});
