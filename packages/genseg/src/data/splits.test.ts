import { array, assert, integer, nat, pre, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import type { Case, Manifest, Split } from './manifest.ts';
import { hasForeground, splitCases } from './splits.ts';

interface Given {
  group?: string;
  split?: Split | null;
  labels?: number[] | null;
}

function manifestOf(given: readonly Given[], classes = ['background', 'class 1']): Manifest {
  const cases = given.map(({ group, split = null, labels = [9, 1] }, i): Case => {
    const id = `c${String(i).padStart(3, '0')}`;
    return {
      ...{ id, images: [{ path: `${id}.png`, sha256: '0'.repeat(64) }], masks: [] },
      ...{ width: 8, height: 8, channels: 1, bits: 8, spacing: null, patient: null },
      ...{ group: group ?? id, split, labels, inferred: [] },
    };
  });
  const ones = [1];
  return {
    ...{
      version: 1,
      root: '/data',
      layout: 'flat pairs',
      classes,
      coding: null,
      cases,
      inferred: [],
    },
    fingerprint: {
      ...{ channels: 1, bits: 8, width: [8, 8, 8], height: [8, 8, 8] },
      intensity: { per: 'image', low: ones, high: ones },
    },
  };
}

const many = (length: number, one: Given = {}) => Array.from({ length }, () => one);
const ids = (cases: readonly Case[]) => cases.map(({ id }) => id);
const sizes = (parts: ReturnType<typeof splitCases>) =>
  [parts.train, parts.validation, parts.test, parts.unused].map((part) => part.length);

describe('how many', () => {
  test.each([
    [9, 7, 2],
    [14, 11, 3],
    [40, 32, 8],
    [50, 40, 10],
    [2, 1, 1],
  ])('%i labels = %i + %i', (labels, train, validation) => {
    const parts = splitCases(manifestOf(many(60)), { labels, seed: 0 });
    expect(sizes(parts)).toEqual([train, validation, 60 - labels, 0]);
  });

  test('val is what is asked for', () => {
    expect(sizes(splitCases(manifestOf(many(20)), { labels: 10, val: 4, seed: 0 }))).toEqual([
      6, 4, 10, 0,
    ]);
  });

  test('without labels all cases are taken, a fifth for validation', () => {
    expect(sizes(splitCases(manifestOf(many(20)), { seed: 0 }))).toEqual([16, 4, 0, 0]);
  });
});

describe("the data set's own splits", () => {
  test('test cases are never drawn, and the others that are not drawn are unused', () => {
    const manifest = manifestOf([...many(10, { split: 'train' }), ...many(5, { split: 'test' })]);
    for (let seed = 0; seed < 20; seed++) {
      const parts = splitCases(manifest, { labels: 6, seed });
      expect(sizes(parts)).toEqual([5, 1, 5, 4]);
      expect(parts.test.every(({ split }) => split === 'test')).toBe(true);
    }
  });

  test('validation cases are drawn from the validation split, all without labels', () => {
    const manifest = manifestOf([
      ...many(10, { split: 'train' }),
      ...many(4, { split: 'validation' }),
      ...many(3, { split: 'test' }),
    ]);
    expect(sizes(splitCases(manifest, { seed: 0 }))).toEqual([10, 4, 3, 0]);
    const parts = splitCases(manifest, { labels: 9, seed: 0 });
    expect(sizes(parts)).toEqual([7, 2, 3, 5]);
    expect(parts.validation.every(({ split }) => split === 'validation')).toBe(true);
    expect(() => splitCases(manifest, { labels: 14, val: 3, seed: 0 })).toThrow(
      /hold only 10 \+ 3/,
    );
  });

  test('a patient of the test split is left out of training', () => {
    const manifest = manifestOf([
      ...many(6, { split: 'train' }),
      { split: 'train', group: 'p' },
      { split: 'test', group: 'p' },
    ]);
    expect(sizes(splitCases(manifest, { seed: 0 }))).toEqual([5, 1, 1, 1]);
  });

  test('unlabelled cases take part in nothing', () => {
    const manifest = manifestOf([...many(10), ...many(3, { labels: null })]);
    expect(sizes(splitCases(manifest, { seed: 0 }))).toEqual([8, 2, 0, 3]);
  });
});

describe('who', () => {
  test('the seed decides, and it is not the first ones', () => {
    const manifest = manifestOf(many(30));
    const draw = (seed: number) => ids(splitCases(manifest, { labels: 5, seed }).train);
    expect(draw(1)).toEqual(draw(1));
    expect(new Set(Array.from({ length: 10 }, (_, seed) => draw(seed).join())).size).toBe(10);
  });

  test('every case is as likely', () => {
    const manifest = manifestOf(many(10));
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 1000; seed++) {
      for (const id of ids(splitCases(manifest, { labels: 5, seed }).validation)) {
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  test('a group is on one side only, the numbers are exact, all cases are somewhere', () => {
    const given = record({
      groups: array(nat(9), { minLength: 12, maxLength: 40 }),
      labels: integer({ min: 4, max: 12 }),
      seed: nat(),
    });
    assert(
      property(given, ({ groups, labels, seed }) => {
        pre(new Set(groups).size >= 2);
        const manifest = manifestOf(groups.map((group) => ({ group: `p${group}` })));
        const { train, validation, test, unused } = splitCases(manifest, { labels, seed });
        const sides = [train, validation, test].map((side) => new Set(side.map((c) => c.group)));
        const apart = new Set(sides.flatMap((side) => [...side]));
        expect(apart.size).toBe(sides[0].size + sides[1].size + sides[2].size);
        expect(train.length + validation.length).toBe(labels);
        const all = [...train, ...validation, ...test, ...unused];
        expect(ids(all).toSorted()).toEqual(ids(manifest.cases));
      }),
    );
  });

  test('whole patients: validation comes as near to its number as they allow', () => {
    const manifest = manifestOf([
      ...many(4, { group: 'a' }),
      ...many(4, { group: 'b' }),
      ...many(4, { group: 'c' }),
    ]);
    expect(sizes(splitCases(manifest, { seed: 0 }))).toEqual([8, 4, 0, 0]);
  });

  test('a patient of many images does not take the place of validation', () => {
    const manifest = manifestOf([...many(50, { group: 'a' }), ...many(50, { group: 'b' })]);
    expect(sizes(splitCases(manifest, { labels: 9, seed: 0 }))).toEqual([7, 2, 0, 91]);
  });

  test('a draw whose training part lacks a class is drawn again', () => {
    const rare = many(10).map((_, i) => ({ labels: i < 2 ? [5, 3, 1] : [5, 3, 0] }));
    const manifest = manifestOf(rare, ['background', 'liver', 'tumour']);
    for (let seed = 0; seed < 20; seed++) {
      const { train } = splitCases(manifest, { labels: 4, seed });
      expect(train.some(({ labels }) => labels![2] > 0)).toBe(true);
    }
  });
});

describe('validation has something to find', () => {
  const sparse = (full: number) =>
    manifestOf(many(12).map((_, i) => ({ labels: i < full ? [9, 1] : [10, 0] })));
  const blind = ({ validation }: ReturnType<typeof splitCases>) => !validation.some(hasForeground);

  test('a draw whose validation masks are all empty is drawn again', () => {
    for (let seed = 0; seed < 30; seed++) {
      expect(blind(splitCases(sparse(3), { labels: 8, seed }))).toBe(false);
    }
  });

  test('where training needs the only image that shows something, validation has none', () => {
    const { train, validation } = splitCases(sparse(1), { labels: 12, seed: 0 });
    expect(train.some(hasForeground)).toBe(true);
    expect(validation.some(hasForeground)).toBe(false);
  });

  test('the first draw stands where it has foreground, and where no draw has', () => {
    const drawn = (manifest: Manifest, seed: number) => {
      const { train, validation } = splitCases(manifest, { labels: 8, seed });
      return [ids(train), ids(validation)];
    };
    for (let seed = 0; seed < 30; seed++) {
      const empty = manifestOf(many(12, { labels: [10, 0] }));
      expect(drawn(empty, seed)).toEqual(drawn(manifestOf(many(12)), seed));
    }
  });
});

describe('refusals', () => {
  const ten = manifestOf(many(10));
  test.each([
    [{ labels: 11 }, /labels 11: \/data has only 10 labelled cases/],
    [{ labels: 1 }, /at least one case must be left/],
    [{ labels: 5, val: 5 }, /at least one case must be left/],
    [{ labels: 5, val: 0 }, /at least one/],
    [{ labels: 4.5 }, /at least one/],
  ])('%o', (options, message) => {
    const split = () => splitCases(ten, { ...options, seed: 0 });
    expect(split).toThrow(DataError);
    expect(split).toThrow(message);
  });

  test('fewer training cases than classes', () => {
    const labels = [1, 1, 1, 1];
    const manifest = manifestOf(many(10, { labels }), ['background', 'a', 'b', 'c']);
    expect(() => splitCases(manifest, { labels: 3, seed: 0 })).toThrow(/fewer than the 3 classes/);
  });

  test('one patient only', () => {
    const manifest = manifestOf(many(10, { group: 'p' }));
    expect(() => splitCases(manifest, { seed: 0 })).toThrow(DataError);
    expect(() => splitCases(manifest, { seed: 0 })).toThrow(
      /\/data: all labelled cases are of one patient/,
    );
  });
});
