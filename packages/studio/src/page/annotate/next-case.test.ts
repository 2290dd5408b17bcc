import { expect, test } from 'vitest';
import type { CaseRow, Suggestions } from '../../api.ts';
import { nextCase } from './next-case.ts';

const row = (id: string, mask: string | null): CaseRow => ({
  ...{ id, image: '', mask, width: 1, height: 1, patient: null, group: null, split: null },
  ...{ labels: null, inferred: [], revision: '' },
});
const rows = [row('a', null), row('b', 'm'), row('c', null), row('d', null)];
const said = (...ids: string[]): Suggestions => ({
  ...{ state: 'ready', model: null, error: null },
  items: ids.map((id, i) => ({ id, uncertainty: 1 - i / 10 })),
});

test('the least sure first, but neither what has a mask by now nor the current one', () => {
  expect(nextCase(rows, said('b', 'd', 'c'), 'a')?.id).toBe('d');
  expect(nextCase(rows, said('d', 'c'), 'd')?.id).toBe('c');
});

test('without an opinion the next in order, around from the start', () => {
  expect(nextCase(rows, undefined, 'a')?.id).toBe('c');
  expect(nextCase(rows, said(), 'd')?.id).toBe('a');
  expect(nextCase(rows, undefined, null)?.id).toBe('a');
});

test('when all have masks there is no next', () => {
  expect(nextCase([row('a', null), row('b', 'm')], undefined, 'a')).toBeNull();
});
