/**
 * Whether probabilities are right: of the pixels that a model gives 0.8 to a class, eight in ten should
 * have it. The reliability diagram and the expected calibration error (Naeini et al. 2015; for each
 * class by itself, Kull et al. 2019, eq. 3) with bins of equal width. Background is most of an image and
 * easy, so only the box around the true and the predicted object counts, as in Mehrtash et al. 2020.
 */

import { ignoredClass } from '../classes.ts';

/** Sums over the pixels of each bin; the bins divide 0..1 evenly. */
export interface CalibrationBins {
  readonly count: readonly number[];
  /** Sum of the probabilities. */
  readonly probability: readonly number[];
  /** Pixels that have the class. */
  readonly positive: readonly number[];
}

export interface Calibration {
  /** Expected calibration error: sum over bins of count / all |frequency - probability|; NaN of no pixel. */
  readonly ece: number;
  /** Bins that have pixels, in order. */
  readonly bins: readonly ReliabilityBin[];
}

export interface ReliabilityBin {
  readonly count: number;
  /** Mean of the pixels' probabilities. */
  readonly probability: number;
  /** Share of the pixels that have the class. */
  readonly frequency: number;
}

const binCount = 15;

/**
 * The bins of one class in one case.
 *
 * @param probability of the class, row by row. @param truth, prediction class ids; pixels without a label count in no bin.
 */
export function calibrationBins(
  probability: Float32Array,
  { truth, prediction, width }: { truth: Uint8Array; prediction: Uint8Array; width: number },
  classId: number,
): CalibrationBins {
  const bins = [0, 0, 0].map(() => new Array<number>(binCount).fill(0));
  const [count, sum, positive] = bins;
  const inObject = (i: number) => truth[i] === classId || prediction[i] === classId;
  const box = boundingBox(inObject, { width, height: truth.length / width });
  for (let y = box.top; y <= box.bottom; y++) {
    for (let i = y * width + box.left; i <= y * width + box.right; i++) {
      if (truth[i] === ignoredClass) continue;
      const bin = Math.min(binCount - 1, Math.floor(probability[i] * binCount));
      count[bin]++;
      sum[bin] += probability[i];
      if (truth[i] === classId) positive[bin]++;
    }
  }
  return { count, probability: sum, positive };
}

/** The calibration over all cases, whose pixels count alike. */
export function calibration(cases: readonly CalibrationBins[]): Calibration {
  const total = (part: keyof CalibrationBins, bin: number) =>
    cases.reduce((sum, one) => sum + one[part][bin], 0);
  const bins = Array.from({ length: binCount }, (_, bin) => {
    const count = total('count', bin);
    return {
      count,
      probability: total('probability', bin) / count,
      frequency: total('positive', bin) / count,
    };
  }).filter(({ count }) => count > 0);
  const pixels = bins.reduce((sum, { count }) => sum + count, 0);
  const error = bins.reduce(
    (sum, { count, frequency, probability }) => sum + count * Math.abs(frequency - probability),
    0,
  );
  return { ece: error / pixels, bins };
}

/** Of the pixels that belong; without rows where none does. */
function boundingBox(
  belongs: (i: number) => boolean,
  { width, height }: { width: number; height: number },
) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!belongs(y * width + x)) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return { left, right, top, bottom };
}
