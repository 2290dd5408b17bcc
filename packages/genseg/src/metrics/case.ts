/**
 * The metrics of one case: every score of every class of a predicted label image against the true
 * one. Averages over cases are summary.ts.
 */

import { DataError } from '../errors.ts';
import { diagonal, type Grid, pixelCount } from './grid.ts';
import { type Confusion, confusion, dice, jaccard, precision, recall } from './overlap.ts';
import { assd, hd95, nsd, surfaceDistances } from './surface.ts';

/** The scores, in the order of tables. `hd95` and `assd` are lengths, the others lie in [0, 1]. */
export const metricNames = [
  'dice',
  'jaccard',
  'precision',
  'recall',
  'hd95',
  'assd',
  'nsd',
] as const;

export type MetricName = (typeof metricNames)[number];
export type Scores = Record<MetricName, number>;

/** A record with one value per metric; `column` is the metric's place in `metricNames`. */
export const perMetric = <T>(value: (name: MetricName, column: number) => T) =>
  Object.fromEntries(metricNames.map((name, column) => [name, value(name, column)])) as Record<
    MetricName,
    T
  >;

/**
 * Where the class is: in `both` masks; only in the truth (`missed`), only in the prediction
 * (`false`), or in `neither`.
 */
export type Presence = 'both' | 'missed' | 'false' | 'neither';

/**
 * The scores of a class in a case. All are NaN where the class is in `neither` mask; where it is in
 * one of them only, each has its worst value: 0, and the image's diagonal for the distances.
 */
export interface ClassMetrics extends Scores {
  readonly presence: Presence;
  readonly confusion: Confusion;
}

export interface CaseMetricsOptions {
  /** The classes to score; by default 1, the foreground of a binary mask. */
  readonly classes?: readonly number[];
  /** Tolerance tau of the NSD, in mm where the grid has a spacing, else in pixels. */
  readonly tolerance?: number;
}

/**
 * Scores per class id of two label images (class ids, row by row) on the same grid.
 *
 *     caseMetrics(prediction, truth, { shape: [height, width] })[1].dice
 */
export function caseMetrics(
  prediction: Uint8Array,
  truth: Uint8Array,
  grid: Grid,
  { classes = [1], tolerance = 2 }: CaseMetricsOptions = {},
): Record<number, ClassMetrics> {
  for (const [name, labels] of Object.entries({ prediction, truth })) {
    if (labels.length === pixelCount(grid)) continue;
    throw new DataError(
      `${name} has ${labels.length} labels, its grid ${grid.shape.join(' x ')} needs ` +
        `${pixelCount(grid)}; resample it to the size of the image first`,
    );
  }
  return Object.fromEntries(
    classes.map((classId) => [classId, classMetrics(prediction, truth, classId, grid, tolerance)]),
  );
}

function classMetrics(
  prediction: Uint8Array,
  truth: Uint8Array,
  classId: number,
  grid: Grid,
  tolerance: number,
): ClassMetrics {
  const counts = confusion(prediction, truth, classId);
  const presence = presenceOf(counts);
  const overlap = {
    dice: dice(counts),
    jaccard: jaccard(counts),
    precision: precision(counts),
    recall: recall(counts),
  };
  if (presence !== 'both') {
    const distance = presence === 'neither' ? Number.NaN : diagonal(grid);
    const within = presence === 'neither' ? Number.NaN : 0;
    return { ...overlap, hd95: distance, assd: distance, nsd: within, presence, confusion: counts };
  }
  const distances = surfaceDistances(prediction, truth, classId, grid);
  return {
    ...overlap,
    hd95: hd95(distances),
    assd: assd(distances),
    nsd: nsd(distances, tolerance),
    presence,
    confusion: counts,
  };
}

function presenceOf({ truePositives, falsePositives, falseNegatives }: Confusion): Presence {
  const inPrediction = truePositives + falsePositives > 0;
  const inTruth = truePositives + falseNegatives > 0;
  if (inPrediction) return inTruth ? 'both' : 'false';
  return inTruth ? 'missed' : 'neither';
}

/** The scores of a case averaged over its classes, those in `neither` mask left out. */
export function meanOverClasses(classes: Record<number, ClassMetrics>): Scores {
  const scored = Object.values(classes).filter(({ presence }) => presence !== 'neither');
  const mean = (name: MetricName) =>
    scored.reduce((total, metrics) => total + metrics[name], 0) / scored.length;
  return perMetric(mean);
}
