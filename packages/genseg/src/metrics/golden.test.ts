/** Scores and p-values beside scipy's; test/golden/make-metrics.py makes the reference. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { caseMetrics, type Grid, metricNames, type Scores, wilcoxonSignedRank } from './index.ts';
import { percentile } from './percentile.ts';

interface Golden {
  cases: {
    shape: number[];
    spacing: number[] | null;
    tolerance: number;
    prediction: string;
    truth: string;
    classes: Record<string, Scores>;
  }[];
  signedRank: { differences: number[]; method: string; statistic: number; pValue: number }[];
  percentiles: { values: number[]; percent: number; expected: number }[];
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../test/golden/metrics.json', import.meta.url), 'utf8'),
);

describe('caseMetrics equals scipy', () => {
  test.each(golden.cases)('on $shape with spacing $spacing', (example) => {
    const { shape, spacing, tolerance } = example;
    const grid: Grid = spacing ? { shape, spacing } : { shape };
    const classes = Object.keys(example.classes).map(Number);
    const scores = caseMetrics(
      Uint8Array.from(example.prediction, Number),
      Uint8Array.from(example.truth, Number),
      grid,
      { classes, tolerance },
    );
    for (const classId of classes) {
      for (const name of metricNames) {
        expect(scores[classId][name], `${name} of ${classId}`).toBeCloseTo(
          example.classes[classId][name],
          12,
        );
      }
    }
  });
});

describe('wilcoxonSignedRank equals scipy and the enumeration of all signs', () => {
  test.each(golden.signedRank)('$differences.length differences, $method', (example) => {
    const { statistic, pValue, method } = wilcoxonSignedRank(example.differences);
    expect(method).toBe(example.method);
    expect(statistic).toBe(example.statistic);
    expect(pValue / example.pValue).toBeCloseTo(1, 10);
  });
});

test.each(golden.percentiles)('percentile $percent of $values equals numpy', (example) => {
  expect(percentile(example.values, example.percent)).toBeCloseTo(example.expected, 14);
});
