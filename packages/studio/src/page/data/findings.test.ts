import { expect, test } from 'vitest';
import type { DataTable, DuplicatePair, Problem } from '../../api.ts';
import { findingsOf } from './findings.ts';

const problem = (severity: Problem['severity'], message: string): Problem => ({
  ...{ severity, kind: 'x', message, id: null, mends: [] },
});
const pair = (kind: DuplicatePair['kind'], crosses: DuplicatePair['crosses']): DuplicatePair => ({
  ...{ ids: ['a', 'b'], kind, crosses, mends: [] },
});
const table = (more: Partial<DataTable>): DataTable => ({
  ...{ rows: [], inspection: { state: 'fresh', error: null }, inferred: [], problems: [] },
  ...{ duplicates: [], testSets: [], ...more },
});

test('errors come first, in their order', () => {
  const problems = [problem('warning', 'w1'), problem('error', 'e1'), problem('error', 'e2')];
  expect(findingsOf(table({ problems })).map(({ message }) => message)).toEqual(['e1', 'e2', 'w1']);
});

test('a duplicate on both sides of a split is an error, others are worth a look', () => {
  const duplicates = [
    pair('near', []),
    pair('exact', ['splits', 'patients']),
    pair('near', ['patients']),
  ];
  const found = findingsOf(table({ duplicates }));
  expect(found.map(({ severity }) => severity)).toEqual(['error', 'warning', 'warning']);
  expect(found[0].message).toMatch(/same image, one trains and the other tests/);
  expect(found[1].message).toBe('a and b look nearly the same.');
  expect(found[2].message).toMatch(/under two patients/);
});
