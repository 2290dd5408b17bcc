import { expect, test } from 'vitest';
import type { CaseScores } from '../../api.ts';
import { orderAfter, sortCases } from './sort-cases.ts';

const one = (id: string, dice: number | null, hd95: number | null = 1): CaseScores => ({
  ...{ id, dice, hd95, jaccard: 0, precision: 0, recall: 0, assd: 0, nsd: 0 },
  ...{ patient: null, presence: 'both', overlay: null, inProject: true },
});
const cases = [one('c10', 0.9, 3), one('c9', null, null), one('c2', 0.4, 20), one('c1', 0.9, 3)];
const ids = (...args: Parameters<typeof orderAfter>) =>
  sortCases(cases, orderAfter(...args)).map(({ id }) => id);
const start = { by: 'jaccard', descending: false } as const;

test('a first click shows the worst first: low overlaps, long distances', () => {
  expect(ids(start, 'dice')).toEqual(['c2', 'c1', 'c10', 'c9']);
  expect(ids(start, 'hd95')).toEqual(['c2', 'c1', 'c10', 'c9']);
});

test('a second one turns it round; what has no value stays last', () => {
  expect(ids({ by: 'dice', descending: false }, 'dice').at(-1)).toBe('c9');
  expect(ids({ by: 'dice', descending: false }, 'dice').at(-2)).toBe('c2');
});

test('names go by their numbers', () => {
  expect(ids(start, 'id')).toEqual(['c1', 'c2', 'c9', 'c10']);
});
