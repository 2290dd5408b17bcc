import { expect, test } from 'vitest';
import type { CaseRow } from '../../api.ts';
import { drawTest } from './draw-test.ts';

const row = (id: string, patient: string | null, more: Partial<CaseRow> = {}): CaseRow => ({
  ...{ id, image: `${id}.png`, mask: 'm.png', width: 8, height: 8, patient, group: patient },
  ...{ split: null, labels: null, inferred: [], revision: '1', ...more },
});

const rows = Array.from({ length: 60 }, (_, i) => row(`case${i}`, `patient${Math.floor(i / 3)}`));

test('whole patients, about the share asked for, the same for the same seed', () => {
  const changes = drawTest(rows, 0.2, 1);
  expect(changes.length).toBe(12);
  expect(changes.every(({ split }) => split === 'test')).toBe(true);
  const ids = new Set(changes.map(({ id }) => id));
  for (let i = 0; i < 60; i += 3)
    expect([0, 1, 2].filter((j) => ids.has(`case${i + j}`)).length % 3).toBe(0);
  expect(drawTest(rows, 0.2, 1)).toEqual(changes);
  expect(drawTest(rows, 0.2, 2)).not.toEqual(changes);
});

test('what was in the test set before and is not drawn goes back', () => {
  const before = rows.map((one) => ({ ...one, split: 'test' as const }));
  const back = drawTest(before, 0.2, 1);
  expect(back.length).toBe(48);
  expect(back.every(({ split }) => split === null)).toBe(true);
});

test('some stay to train on, some test, whatever the share', () => {
  for (const share of [0, 1]) {
    const count = drawTest(rows, share, 3).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(60);
  }
  expect(drawTest([row('a', 'p'), row('b', 'p')], 0.5, 0)).toEqual([]);
});

test('images without a mask are not counted, but go with their patient', () => {
  const mixed = [...rows, row('extra', 'patient0', { mask: null })];
  for (let seed = 0; seed < 20; seed++) {
    const ids = drawTest(mixed, 0.2, seed).map(({ id }) => id);
    expect(ids.includes('extra')).toBe(ids.includes('case0'));
  }
});
