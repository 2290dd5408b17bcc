/**
 * The metrics of one case: every score of every class of a predicted label image against the true
 * one. Pixels that the true one has no label for (`ignoredClass`) count in none: they are in no class of either.
 * Averages over cases are summary.ts.
 */

import { ignoredClass } from '../classes.ts';
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
  const unlabelled = truth.reduce((count, id) => count + Number(id === ignoredClass), 0);
  const where = (ids: Uint8Array) =>
    unlabelled === 0 ? ids : ids.map((id, i) => (truth[i] === ignoredClass ? 0 : id));
  const labelled = { prediction: where(prediction), truth: where(truth), unlabelled };
  return Object.fromEntries(
    classes.map((classId) => [classId, classMetrics(labelled, classId, grid, tolerance)]),
  );
}

/** A label image of a union of classes: 1 where they are, 0 elsewhere, and no label where there was none. */
export const regionMask = (ids: Uint8Array, classes: readonly number[]): Uint8Array =>
  ids.map((id) => (id === ignoredClass ? id : Number(classes.includes(id))));

/**
 * Scores of unions of classes, which may overlap, by their place from 1 on.
 * @param regions the class ids of each.
 */
export function regionMetrics(
  prediction: Uint8Array,
  truth: Uint8Array,
  grid: Grid,
  { regions, tolerance }: { regions: readonly (readonly number[])[]; tolerance?: number },
): Record<number, ClassMetrics> {
  return Object.fromEntries(
    regions.map((classes, i) => [
      i + 1,
      caseMetrics(regionMask(prediction, classes), regionMask(truth, classes), grid, {
        tolerance,
      })[1],
    ]),
  );
}

interface Labelled {
  prediction: Uint8Array;
  truth: Uint8Array;
  /** Number of pixels without a label, background in both. */
  unlabelled: number;
}

function classMetrics(
  { prediction, truth, unlabelled }: Labelled,
  classId: number,
  grid: Grid,
  tolerance: number,
): ClassMetrics {
  const all = confusion(prediction, truth, classId);
  const counts = { ...all, trueNegatives: all.trueNegatives - unlabelled };
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
