/**
 * Distances between the surfaces of two masks: HD95, ASSD and NSD.
 * The surface is the set of centres of border pixels: pixels of the mask with a neighbour (4 in
 * images, 6 in volumes) outside it. What lies outside the image is background, so a mask cut by the
 * image's edge has a surface there; scipy's `binary_erosion`, MONAI and Metrics Reloaded agree.
 */

import { distanceTransform } from './distance-transform.ts';
import type { Grid } from './grid.ts';
import { percentile } from './percentile.ts';

/** Sorted distances from each surface pixel of one mask to the nearest of the other. */
export interface SurfaceDistances {
  readonly toTruth: Float64Array;
  readonly toPrediction: Float64Array;
}

/** 1 on the border pixels of a class of a label image, 0 elsewhere. */
export function surface(labels: Uint8Array, classId: number, grid: Grid): Uint8Array {
  const border = new Uint8Array(labels.length);
  let stride = labels.length;
  for (const length of grid.shape) {
    stride /= length;
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] !== classId) continue;
      const position = Math.floor(i / stride) % length;
      const before = position > 0 && labels[i - stride] === classId;
      const after = position < length - 1 && labels[i + stride] === classId;
      if (!before || !after) border[i] = 1;
    }
  }
  return border;
}

/** Both directed sets of surface distances, in the unit of the grid; neither mask may be empty. */
export function surfaceDistances(
  prediction: Uint8Array,
  truth: Uint8Array,
  classId: number,
  grid: Grid,
): SurfaceDistances {
  const ofPrediction = surface(prediction, classId, grid);
  const ofTruth = surface(truth, classId, grid);
  return {
    toTruth: distancesFrom(ofPrediction, distanceTransform(ofTruth, grid)),
    toPrediction: distancesFrom(ofTruth, distanceTransform(ofPrediction, grid)),
  };
}

const distancesFrom = (border: Uint8Array, distances: Float64Array): Float64Array =>
  distances.filter((_, i) => border[i] === 1).sort();

/** Hausdorff distance at 95 %: the larger of the two directed 95th percentiles. */
export const hd95 = ({ toTruth, toPrediction }: SurfaceDistances): number =>
  Math.max(percentile(toTruth, 95), percentile(toPrediction, 95));

/** Average symmetric surface distance: the mean over the pixels of both surfaces. */
export const assd = ({ toTruth, toPrediction }: SurfaceDistances): number =>
  (sum(toTruth) + sum(toPrediction)) / (toTruth.length + toPrediction.length);

/**
 * Normalised surface distance, or surface Dice (Nikolov et al. 2018): the part of both surfaces that
 * lies within `tolerance` of the other one.
 */
export const nsd = ({ toTruth, toPrediction }: SurfaceDistances, tolerance: number): number =>
  (countWithin(toTruth, tolerance) + countWithin(toPrediction, tolerance)) /
  (toTruth.length + toPrediction.length);

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

const countWithin = (sorted: Float64Array, tolerance: number): number => {
  const first = sorted.findIndex((distance) => distance > tolerance);
  return first === -1 ? sorted.length : first;
};
