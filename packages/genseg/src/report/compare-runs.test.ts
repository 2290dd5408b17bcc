import { expect, test } from 'vitest';
import { type ComparedRun, compareRuns, subjectOf, verdicts } from './compare-runs.ts';
import type { SetResult } from './set-result.ts';

/** A run with these Dice scores on one set, each case its own patient. */
function run(
  method: string,
  dice: number[],
  { sets = ['test'], prefix = 'case', draw = 0, images = '', seen = 0 } = {},
): ComparedRun {
  const cases = dice.map((value, i) => ({
    ...{ id: `${prefix} ${i}`, dice: value },
    ...(images && { sha256: `${images} ${i}` }),
  }));
  const mean = { dice: dice.reduce((a, b) => a + b, 0) / dice.length };
  const result = { cases, mean, ...(seen && { seen }) } as unknown as SetResult;
  const splits = { train: [`${draw} a`, `${draw} b`], validation: [`${draw} c`] };
  return { method, label: method, splits, sets: new Map(sets.map((set) => [set, result])) };
}

const base = Array.from({ length: 20 }, (_, i) => 0.5 + i / 100);
const shifted = (by: number, wobble = 0) => base.map((d, i) => d + by + (i % 2 ? wobble : -wobble));
const kinds = (...runs: ComparedRun[]) => verdicts(compareRuns(runs)).map(({ kind }) => kind);

test.each([
  ['helped', shifted(0.02, 0.001)],
  ['did not help', shifted(-0.02, 0.001)],
  ['cannot tell', shifted(0.001, 0.03)],
])('GenSeg %s', (kind, dice) => {
  expect(kinds(run('augment', base), run('genseg', dice))).toEqual([kind]);
});

test('an interval that leaves zero out is not enough where the test does not agree', () => {
  // Six large gains and fourteen small losses: a rank sum of 105 on either side.
  const gains = base.map((d, i) => d + (i < 6 ? 0.1 : -0.001));
  const contrasts = compareRuns([run('augment', base), run('genseg', gains)]);
  const { ci95, adjustedP } = contrasts[0].result!;
  expect(ci95[0]).toBeGreaterThan(0);
  expect(adjustedP).toBeGreaterThan(0.05);
  const [{ kind, sentence }] = verdicts(contrasts);
  expect(kind).toBe('cannot tell');
  expect(sentence).toContain('the test does not agree');
});

test('few cases: cannot tell, whatever the interval says', () => {
  const few = (by: number) => base.slice(0, 6).map((d) => d + by);
  const [verdict] = verdicts(compareRuns([run('augment', few(0)), run('genseg', few(0.1))]));
  expect(verdict.kind).toBe('cannot tell');
  expect(verdict.sentence).toContain('0.100 higher than with augment');
  expect(verdict.sentence).toContain('fewer than 10');
});

test('the sentence has the difference, its interval, the cases and p', () => {
  const contrasts = compareRuns([run('plain', base), run('genseg', shifted(-0.02, 0.001))]);
  const [{ sentence }] = verdicts(contrasts);
  expect(sentence).toMatch(
    /^The mean Dice of genseg is 0\.020 lower than with plain \(95 % interval of the paired difference −0\.020 to −0\.020, 20 cases, Wilcoxon p < 0\.001\)\.$/,
  );
});

test('the subject is compared with every other run, on every set they share', () => {
  const contrasts = compareRuns([
    run('plain', shifted(-0.05), { sets: ['test', 'other'] }),
    run('genseg', base, { sets: ['test', 'other'] }),
    run('augment', shifted(-0.02)),
  ]);
  expect(contrasts.map(({ set, second, result }) => [set, second.method, result?.cases])).toEqual([
    ['test', 'plain', 20],
    ['test', 'augment', 20],
    ['other', 'plain', 20],
  ]);
  expect(contrasts[0].result?.difference).toBeCloseTo(0.05, 12);
});

test('the rival is the one with the same labelled images; without one the sentence says so', () => {
  const other = run('augment', shifted(0.05, 0.001), { draw: 1 });
  const genseg = run('genseg', base);
  const [{ kind, sentence }] = verdicts(
    compareRuns([other, run('augment', shifted(-0.02, 0.001)), genseg]),
  );
  expect(kind).toBe('helped');
  expect(sentence).not.toContain('other labelled images');
  const [alone] = verdicts(compareRuns([other, genseg]));
  expect(alone.kind).toBe('did not help');
  expect(alone.sentence).toContain('other labelled images');
});

test('p-values are corrected over all comparisons of the report', () => {
  const alone = compareRuns([run('plain', base), run('genseg', shifted(0.001, 0.004))]);
  const three = compareRuns([
    run('plain', base),
    run('augment', shifted(-0.1)),
    run('separate', shifted(-0.1)),
    run('genseg', shifted(0.001, 0.004)),
  ]);
  const p = (contrasts: typeof three) => contrasts[0].result!;
  expect(p(alone).adjustedP).toBe(p(alone).test.pValue);
  expect(p(three).test.pValue).toBe(p(alone).test.pValue); // the largest of the three: unchanged by Holm
  expect(three[1].result!.adjustedP).toBeCloseTo(3 * three[1].result!.test.pValue, 15);
});

test('different test cases are not compared, and give no verdict', () => {
  const runs = [run('augment', base, { prefix: 'another' }), run('genseg', base)];
  expect(compareRuns(runs).map(({ result }) => result)).toEqual([null]);
  expect(kinds(...runs)).toEqual([]);
});

test('cases of the same ids are not compared where their images differ; one that does not know its images is', () => {
  const other = run('augment', base, { images: 'theirs' });
  const ours = run('genseg', shifted(0.02, 0.001), { images: 'ours' });
  expect(compareRuns([other, ours]).map(({ result }) => result)).toEqual([null]);
  expect(kinds(other, ours)).toEqual([]);
  expect(kinds(run('augment', base, { images: 'ours' }), ours)).toEqual(['helped']);
  expect(kinds(run('augment', base), ours)).toEqual(['helped']);
});

test('a set is found by its images where a run calls it otherwise, and only by images that are known', () => {
  const merge = (...[one, ...others]: ComparedRun[]) => ({
    ...one,
    sets: new Map([one, ...others].flatMap(({ sets }) => [...sets])),
  });
  const genseg = run('genseg', shifted(0.02, 0.001), { sets: ['ext'], images: 'ours' });
  const theirs = run('augment', shifted(0.3), { sets: ['ext'], images: 'theirs', seen: 5 });
  const ours = run('augment', base, { sets: ['ext-2'], images: 'ours' });
  const both = compareRuns([merge(theirs, ours), genseg]);
  expect(both.map(({ set, secondSet, result }) => [set, secondSet, result?.cases])).toEqual([
    ['ext', 'ext-2', 20],
  ]);
  expect(both[0].result!.difference).toBeCloseTo(0.02, 12);
  const [{ set, kind, sentence }] = verdicts(both);
  expect([set, kind]).toEqual(['ext', 'helped']);
  expect(sentence).toContain('higher than with augment (its ext-2) (');
  expect(compareRuns([ours, genseg])).toHaveLength(1);
  expect(kinds(run('augment', base, { sets: ['ext-2'] }), genseg)).toEqual([]);
  // What has its pair under its own name is not compared twice.
  const named = run('augment', base, { sets: ['test'], images: 'ours' });
  const twice = run('genseg', base, { sets: ['test', 'ext'], images: 'ours' });
  expect(compareRuns([named, twice]).map(({ set }) => set)).toEqual(['test']);
  expect(compareRuns([ours, twice]).map(({ set }) => set)).toEqual(['test']);
});

test('the rival is among the runs that were tested on the same images', () => {
  const ours = run('genseg', shifted(0.02, 0.001), { images: 'ours' });
  const plain = run('plain', base, { images: 'ours' });
  expect(kinds(run('augment', base, { images: 'theirs' }), plain, ours)).toEqual(['helped']);
});

test.each(['augment', 'genseg'])('test images that %s was trained on: cannot tell', (method) => {
  const seen = (of: string) => ({ seen: of === method ? 8 : 0 });
  const [{ kind, sentence }] = verdicts(
    compareRuns([
      run('augment', base, seen('augment')),
      run('genseg', shifted(0.02, 0.001), seen('genseg')),
    ]),
  );
  expect(kind).toBe('cannot tell');
  expect(sentence).toContain(` ${method} was trained or validated on 8 test images.`);
});

test('strong augmentation is the rival where it ran, else the best of the others', () => {
  const genseg = run('genseg', shifted(0.02));
  const better = run('separate', shifted(0.04));
  expect(kinds(better, run('augment', base), genseg)).toEqual(['helped']);
  expect(kinds(run('plain', base), better, genseg)).toEqual(['did not help']);
});

test('without GenSeg there is no verdict on it, and the last run is the subject', () => {
  const runs = [run('plain', base), run('augment', shifted(0.1))];
  expect(subjectOf(runs).method).toBe('augment');
  expect(compareRuns(runs)).toHaveLength(1);
  expect(kinds(...runs)).toEqual([]);
  expect(compareRuns([runs[0]])).toEqual([]);
});

test('two GenSeg runs are compared, but one is not the rival of the other', () => {
  const runs = [{ ...run('genseg', base), label: 'first' }, run('genseg', shifted(0.1))];
  expect(compareRuns(runs)[0].result?.difference).toBeCloseTo(0.1, 12);
  expect(kinds(...runs)).toEqual([]);
});
