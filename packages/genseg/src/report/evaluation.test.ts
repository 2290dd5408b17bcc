import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { caseMetrics } from '../metrics/index.ts';
import { evaluationPaths, writeFileAtomic } from '../run/index.ts';
import {
  type EvaluatedCase,
  type Evaluation,
  summariseSet,
  writeEvaluation,
} from './evaluation.ts';
import { readSetResult } from './set-result.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'genseg-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const scored = (id: string, prediction: number[], truth: number[], ids = [1]): EvaluatedCase => ({
  id,
  patient: `patient of ${id}`,
  classes: caseMetrics(
    Uint8Array.from(prediction),
    Uint8Array.from(truth),
    { shape: [1, 4] },
    { classes: ids },
  ),
});
const binary: Evaluation = {
  cases: [
    scored('perfect', [1, 1, 0, 0], [1, 1, 0, 0]),
    scored('half', [1, 0, 0, 0], [1, 1, 1, 0]),
    scored('empty', [0, 0, 0, 0], [0, 0, 0, 0]),
    scored('missed, sadly', [0, 0, 0, 0], [0, 1, 0, 0]),
  ],
  classes: ['background', 'lung'],
  unit: 'px',
  seed: 3,
};
const three: Evaluation = {
  cases: [
    scored('a', [1, 1, 2, 2], [1, 1, 2, 0], [1, 2]),
    scored('b', [1, 0, 0, 0], [1, 0, 0, 0], [1, 2]),
    scored('c', [2, 0, 0, 0], [0, 0, 0, 1], [1, 2]),
    scored('d', [0, 0, 0, 0], [0, 0, 0, 0], [1, 2]),
  ],
  classes: ['background', 'lung', 'heart'],
  unit: 'mm',
  tolerance: 3,
  seed: 3,
};
const summaryText = () => readFileSync(evaluationPaths(root, 'test').summary, 'utf8');

test('binary: case scores, their mean without the empty case, an interval around it', () => {
  const { cases, mean, ci95, presence, patients, caution, unit } = summariseSet(binary);
  expect(cases.map(({ id, dice }) => [id, dice])).toEqual([
    ['perfect', 1],
    ['half', 0.5],
    ['empty', Number.NaN],
    ['missed, sadly', 0],
  ]);
  expect(mean.dice).toBe(0.5);
  expect(ci95.dice[0]).toBeLessThan(0.5);
  expect(ci95.dice[1]).toBeGreaterThan(0.5);
  expect(presence).toEqual({ both: 2, missed: 1, false: 0, neither: 1 });
  expect([patients, unit]).toEqual([3, 'px']);
  expect(caution).toContain('fewer than 10');
});

test('a binary result has no class level', () => {
  const result = summariseSet(binary);
  expect(result.classes).toBeUndefined();
  expect(result.cases[0]).not.toHaveProperty('classes');
});

test('several classes: each of its own, and the mean over the classes of each case', () => {
  const { cases, mean, classes, presence } = summariseSet(three);
  expect(cases[0].dice).toBeCloseTo((1 + 2 / 3) / 2, 12);
  expect(cases[0].classes?.heart.dice).toBeCloseTo(2 / 3, 12);
  expect(cases[1]).toMatchObject({ dice: 1, presence: 'both' }); // its heart is in neither mask
  expect(cases[2]).toMatchObject({ dice: 0, presence: 'both' });
  expect(cases[3]).toMatchObject({ dice: Number.NaN, presence: 'neither' });
  expect(mean.dice).toBeCloseTo((5 / 6 + 1 + 0) / 3, 12);
  expect(presence).toEqual({ both: 3, missed: 0, false: 0, neither: 1 });
  expect(classes?.lung.mean.dice).toBeCloseTo(2 / 3, 12);
  expect(classes?.heart.mean.dice).toBeCloseTo(1 / 3, 12);
  expect(classes?.heart.presence).toEqual({ both: 1, missed: 0, false: 1, neither: 2 });
});

test('what is written is what is returned, and reads back the same, NaN included', () => {
  for (const evaluation of [binary, three]) {
    const result = writeEvaluation(root, 'test', evaluation);
    expect(readSetResult(root, 'test')).toEqual(result);
    expect(JSON.parse(summaryText()).genseg).toEqual(JSON.parse(JSON.stringify(result)));
  }
});

test('where the cases come from and what is doubtful about them is kept', () => {
  const origin = { root: '/data/other', warnings: ['2 of the 4 were seen'], seen: 2 };
  const cases = binary.cases.map((one) => ({ ...one, sha256: `hash of ${one.id}` }));
  writeEvaluation(root, 'test', { ...binary, cases, origin });
  const read = readSetResult(root, 'test')!;
  expect(read).toMatchObject(origin);
  expect(read.cases.map(({ sha256 }) => sha256)).toEqual(cases.map(({ sha256 }) => sha256));
});

test('cases.csv has a row per case and class, units in the header, empty cells for NaN', () => {
  writeEvaluation(root, 'test', binary);
  const lines = readFileSync(evaluationPaths(root, 'test').cases, 'utf8').trimEnd().split('\n');
  expect(lines[0]).toBe(
    'id,patient,class,presence,dice,jaccard,precision,recall,hd95_px,assd_px,nsd_at_2px',
  );
  expect(lines[1]).toBe('perfect,patient of perfect,lung,both,1,1,1,1,0,0,1');
  expect(lines[3]).toBe('empty,patient of empty,lung,neither,,,,,,,');
  expect(lines[4]).toMatch(/^"missed, sadly","patient of missed, sadly",lung,missed,0,0,0,0,4.1/);

  writeEvaluation(root, 'test', three);
  const rows = readFileSync(evaluationPaths(root, 'test').cases, 'utf8').trimEnd().split('\n');
  expect(rows[0]).toContain('hd95_mm,assd_mm,nsd_at_3mm');
  expect(rows.slice(1, 4).map((row) => row.split(',')[2])).toEqual([
    'lung',
    'heart',
    'foreground mean',
  ]);
  expect(rows).toHaveLength(1 + 4 * 3);
});

test('the summary also speaks nnU-Net: keys, counts, and means over what can be scored', () => {
  writeEvaluation(root, 'test', three);
  const { metric_per_case, mean, foreground_mean } = JSON.parse(summaryText());
  expect(metric_per_case[0]).toMatchObject({
    reference_file: 'a',
    metrics: {
      1: { Dice: 1, IoU: 1, TP: 2, FP: 0, FN: 0, TN: 2, n_pred: 2, n_ref: 2 },
      2: { TP: 1, FP: 1, FN: 0, TN: 2, n_pred: 2, n_ref: 1 },
    },
  });
  expect(metric_per_case[1].metrics[2].Dice).toBeNull();
  expect(Object.keys(mean)).toEqual(['1', '2']);
  expect(mean[1].Dice).toBeCloseTo(2 / 3, 12);
  expect(mean[2].Dice).toBeCloseTo(1 / 3, 12);
  expect(foreground_mean.Dice).toBeCloseTo(1 / 2, 12);
});

test('a set that was not evaluated has no result; a foreign summary is refused by name', () => {
  expect(readSetResult(root, 'test')).toBeUndefined();
  const { summary } = evaluationPaths(root, 'test');
  for (const text of ['{"mean": {"1": {"Dice": 0.9}}}', 'nonsense']) {
    writeFileAtomic(summary, text);
    expect(() => readSetResult(root, 'test')).toThrow(DataError);
    expect(() => readSetResult(root, 'test')).toThrow(summary);
  }
});
