import { expect, test } from 'vitest';
import type { Inspection } from '../data/index.ts';
import { duplicateLines } from './inspect.ts';

type Duplicate = Inspection['duplicates'][number];
const frame = (i: number): Duplicate => ({ cases: ['f0', `f${i}`], kind: 'near', crosses: [] });
const leak: Duplicate = { cases: ['f0', 't0'], kind: 'exact', crosses: ['splits', 'patients'] };
const leakLine = 'duplicate f0 and t0 (exact), across splits and patients';

test('duplicates within a patient are counted in one line, those across are named', () => {
  const frames = Array.from({ length: 58 }, (_, i) => frame(i + 1));
  expect(duplicateLines([...frames.slice(1), leak, { ...frames[0], kind: 'exact' }])).toEqual([
    leakLine,
    'duplicate 58 pairs within a split and patient (1 exact, 57 near), such as f0 and f2; --json lists them',
  ]);
});

test('a single pair is named', () => {
  expect(duplicateLines([frame(1), leak])).toEqual(['duplicate f0 and f1 (near)', leakLine]);
});
