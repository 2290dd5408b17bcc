/**
 * Overlap of a predicted and a true mask of one class: the confusion counts and the four scores made
 * of them. Both masks empty: NaN, nothing can be scored. Only one empty: 0, the worst value, also
 * where the plain formula would be 0 / 0 (precision of an empty prediction, recall of an empty truth).
 */

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** Counts pixels of two label images of equal size with respect to one class. */
export function confusion(prediction: Uint8Array, truth: Uint8Array, classId: number): Confusion {
  let truePositives = 0;
  let predicted = 0;
  let actual = 0;
  for (let i = 0; i < truth.length; i++) {
    const inPrediction = prediction[i] === classId;
    const inTruth = truth[i] === classId;
    if (inPrediction) predicted++;
    if (inTruth) actual++;
    if (inPrediction && inTruth) truePositives++;
  }
  return {
    truePositives,
    falsePositives: predicted - truePositives,
    falseNegatives: actual - truePositives,
    trueNegatives: truth.length - predicted - actual + truePositives,
  };
}

function share(c: Confusion, part: number, whole: number): number {
  const bothEmpty = c.truePositives + c.falsePositives + c.falseNegatives === 0;
  if (bothEmpty) return Number.NaN;
  return whole === 0 ? 0 : part / whole;
}

/** 2 TP / (2 TP + FP + FN), also known as F1. */
export const dice = (c: Confusion): number =>
  share(c, 2 * c.truePositives, 2 * c.truePositives + c.falsePositives + c.falseNegatives);

/** TP / (TP + FP + FN), also known as IoU. */
export const jaccard = (c: Confusion): number =>
  share(c, c.truePositives, c.truePositives + c.falsePositives + c.falseNegatives);

/** TP / (TP + FP), the part of the prediction that is true. */
export const precision = (c: Confusion): number =>
  share(c, c.truePositives, c.truePositives + c.falsePositives);

/** TP / (TP + FN), the part of the truth that was found; also known as sensitivity. */
export const recall = (c: Confusion): number =>
  share(c, c.truePositives, c.truePositives + c.falseNegatives);
