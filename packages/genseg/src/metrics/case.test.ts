import { describe, expect, test } from 'vitest';
import { ignoredClass } from '../classes.ts';
import { DataError } from '../errors.ts';
import { caseMetrics, meanOverClasses, regionMetrics } from './case.ts';

const grid = { shape: [3, 4], spacing: [1, 2] }; // 3 mm x 8 mm
const empty = new Uint8Array(12);
const full = new Uint8Array(12).fill(1);

test('a class in both masks is scored by every metric', () => {
  const { 1: metrics } = caseMetrics(full, full, grid);
  expect(metrics).toEqual({
    dice: 1,
    jaccard: 1,
    precision: 1,
    recall: 1,
    hd95: 0,
    assd: 0,
    nsd: 1,
    presence: 'both',
    confusion: { truePositives: 12, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 },
  });
});

test.each([
  ['missed', empty, full],
  ['false', full, empty],
] as const)('a class %s has the worst value of every metric', (presence, prediction, truth) => {
  const { 1: metrics } = caseMetrics(prediction, truth, grid);
  const diagonal = Math.sqrt(3 ** 2 + 8 ** 2);
  expect(metrics).toMatchObject({ presence, dice: 0, jaccard: 0, precision: 0, recall: 0, nsd: 0 });
  expect([metrics.hd95, metrics.assd]).toEqual([diagonal, diagonal]);
});

test('a class in neither mask has no score', () => {
  const { presence, confusion, ...scores } = caseMetrics(empty, empty, grid)[1];
  expect(presence).toBe('neither');
  expect(confusion.trueNegatives).toBe(12);
  for (const score of Object.values(scores)) expect(score).toBeNaN();
});

test('the mean over classes leaves out those in neither mask', () => {
  const prediction = Uint8Array.from([1, 1, 1, 0]);
  const truth = Uint8Array.from([1, 0, 0, 2]);
  const classes = caseMetrics(prediction, truth, { shape: [1, 4] }, { classes: [1, 2, 3] });
  expect(meanOverClasses(classes).dice).toBe((0.5 + 0) / 2);
  expect(meanOverClasses(caseMetrics(empty, empty, grid)).dice).toBeNaN();
});

test('refuses a label image that does not fit its grid', () => {
  expect(() => caseMetrics(new Uint8Array(11), full, grid)).toThrow(
    new DataError(
      'prediction has 11 labels, its grid 3 x 4 needs 12; resample it to the size of the image first',
    ),
  );
});

describe('pixels without a label', () => {
  const truth = Uint8Array.from([1, 1, 2, ignoredClass, 0, 1, ignoredClass, 0, 0, 2, 2, 0]);
  const prediction = Uint8Array.from([1, 2, 2, 1, 0, 1, 2, 0, 1, 2, 0, 0]);
  const options = { classes: [1, 2] };

  test('count in no score, whatever is predicted there', () => {
    const scores = caseMetrics(prediction, truth, grid, options);
    expect(scores[1].confusion).toEqual({
      ...{ truePositives: 2, falsePositives: 1, falseNegatives: 1, trueNegatives: 6 },
    });
    for (const other of [0, 1, 2]) {
      const changed = prediction.map((id, i) => (truth[i] === ignoredClass ? other : id));
      expect(caseMetrics(changed, truth, grid, options)).toEqual(scores);
    }
  });

  test('alone leave nothing to score', () => {
    const scores = caseMetrics(
      full,
      full.map(() => ignoredClass),
      grid,
    );
    expect(scores[1].presence).toBe('neither');
    expect(scores[1].confusion.trueNegatives).toBe(0);
  });

  test('are in no region either', () => {
    const regions = [[1, 2], [2]];
    const [all, core] = Object.values(regionMetrics(prediction, truth, grid, { regions }));
    expect(all.confusion).toEqual({
      ...{ truePositives: 5, falsePositives: 1, falseNegatives: 1, trueNegatives: 3 },
    });
    expect(core).toEqual(caseMetrics(prediction, truth, grid, options)[2]);
  });
});
