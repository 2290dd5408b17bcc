import { expect, test } from 'vitest';
import { around, resultsOf, type Scores } from '../../../test/suite-results.ts';
import { analyse } from './analysis.ts';
import { suiteVerdict } from './verdict.ts';

/** Five draws of three methods on a set of their own and one of another source. */
const draws = (differences: { test: number; far: number }, labels = 9): Scores[] =>
  [0, 1, 2, 3, 4].flatMap((seed) =>
    ['genseg', 'augment', 'plain'].map((method) => ({
      ...{ method, seed, labels },
      sets: {
        test: around(0.7 + (method === 'genseg' ? differences.test : 0)),
        far: around(0.5 + (method === 'genseg' ? differences.far : 0)),
      },
    })),
  );
const verdictOf = (cells: Scores[]) => suiteVerdict(analyse(resultsOf(cells)), 'genseg')!;

test('the paragraph counts test sets beside augmentation, and says by how much on the average', () => {
  const { kind, rival, sentences } = verdictOf(draws({ test: 0.1, far: 0.04 }));
  expect([kind, rival]).toEqual(['helped', 'augment']);
  expect(sentences).toEqual([
    'At 9 labelled images, beside augmentation, GenSeg helped on 2 of 2 test sets, did worse on 0 and on 0 these draws cannot tell.',
    'On images like the labelled ones the mean difference in Dice, in points, is +10.0 against augmentation and +10.0 against plain.',
    'On images of another source the mean difference in Dice, in points, is +4.0 against augmentation and +4.0 against plain.',
  ]);
});

test('where the control for the generator took part, the paragraph says how GenSeg stands beside it', () => {
  const control = [0, 1, 2, 3, 4].map((seed) => ({
    ...{ method: 'duplicate', seed },
    sets: { test: around(0.7 + 0.1), far: around(0.6) },
  }));
  const { kind, sentences } = verdictOf([...draws({ test: 0.1, far: 0.04 }), ...control]);
  expect(kind).toBe('helped'); // beside augmentation, which decides
  expect(sentences.slice(1)).toEqual([
    'Beside duplicates, real pairs in the places of synthetic ones, which are the control for the generator, it helped on 0 of 2 test sets, did worse on 1 and on 1 these draws cannot tell.',
    'On images like the labelled ones the mean difference in Dice, in points, is +10.0 against augmentation, +10.0 against plain and +0.0 against duplicates.',
    'On images of another source the mean difference in Dice, in points, is +4.0 against augmentation, +4.0 against plain and −6.0 against duplicates.',
  ]);
});

test('a control that is the rival is counted once', () => {
  const { rival, sentences } = verdictOf([
    { method: 'genseg', sets: { test: around(0.8) } },
    { method: 'duplicate', sets: { test: around(0.7) } },
  ]);
  expect(rival).toBe('duplicate');
  expect(sentences.filter((sentence) => sentence.includes('eside duplicates'))).toHaveLength(1);
});

test('worse is said as plainly, and what differs from set to set is neither', () => {
  expect(verdictOf(draws({ test: -0.1, far: -0.1 })).kind).toBe('did not help');
  expect(verdictOf(draws({ test: 0, far: 0 })).kind).toBe('cannot tell');
  const mixed = verdictOf(draws({ test: 0.1, far: -0.1 }));
  expect(mixed.kind).toBe('mixed');
  expect(mixed.sentences[0]).toMatch(/helped on 1 of 2 test sets, did worse on 1 and on 0/);
});

test('the fewest labels decide', () => {
  const cells = [...draws({ test: -0.1, far: -0.1 }), ...draws({ test: 0.1, far: 0.1 }, 14)];
  const { kind, sentences } = verdictOf(cells);
  expect(kind).toBe('did not help');
  expect(sentences[0]).toMatch(/^At 9 labelled images/);
});

test('few draws, failures, cells to come and other versions of the code belong to it', () => {
  const sets = { test: around(0.8) };
  const { rival, sentences } = verdictOf([
    { method: 'genseg', sets },
    { method: 'plain', sets, code: 'v2' },
    { method: 'flip', sets: { test: around(0.75) } },
    { method: 'rotate', sets: { test: around(0.85) } },
    { method: 'genseg', seed: 1, sets: null },
    { method: 'plain', seed: 1 },
  ]);
  expect(rival).toBe('rotate'); // there is no augmentation to compare with, and of the others it is best
  expect(sentences.slice(2)).toEqual([
    'With 1 draw of the labelled images, fewer than 5, this says little.',
    '1 cell of the suite has no result yet.',
    '1 cell failed.',
    'The results come from 2 versions of the code.',
  ]);
});

test('a method alone has no verdict', () => {
  const alone = resultsOf([{ method: 'genseg', sets: { test: around(0.8) } }]);
  expect(suiteVerdict(analyse(alone), 'genseg')).toBeNull();
});
