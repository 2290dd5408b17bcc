/**
 * How sure a model is of an image, from its probabilities in several views of it; no true mask is needed.
 * The predicted Dice is the agreement of the views: the mean Dice between every two of their masks, as Roy
 * et al. 2019 ("Bayesian QuickNAT", section 3.3) have it between samples of a model with dropout. Where a
 * model is sure and wrong in every view, as on images unlike any it has seen, it is wrong too.
 */
import { confusion, dice } from '../metrics/index.ts';

/** Per foreground class, in the order of class ids from 1: probabilities 0..1. */
export type Probabilities = readonly Float32Array[];

export interface Uncertainty {
  /** 0 to 1: mean entropy over the pixels that at least one view calls foreground; 0 where none does. */
  readonly uncertainty: number;
  /** By class, the first is class id 1; NaN where no view has the class. */
  readonly predictedDice: readonly number[];
  /** Entropy of each pixel, 0 to 1. */
  readonly map: Float32Array<ArrayBuffer>;
}

/** @param views of one size, pixel on pixel. */
export function uncertaintyOf(views: readonly Probabilities[]): Uncertainty {
  const map = entropyMap(meanOf(views));
  const masks = views.map(classIds);
  const anywhere = map.filter((_, i) => masks.some((mask) => mask[i] > 0));
  return {
    uncertainty: anywhere.length > 0 ? mean(anywhere) : 0,
    predictedDice: views[0].map((_, i) => agreement(masks, i + 1)),
    map,
  };
}

/** The same of regions, which may overlap: each is judged by itself, and the entropy is their mean. */
export function regionUncertainty(views: readonly Probabilities[]): Uncertainty {
  const each = views[0].map((_, i) => uncertaintyOf(views.map((view) => [view[i]])));
  return {
    uncertainty: mean(each.map(({ uncertainty }) => uncertainty)),
    predictedDice: each.flatMap(({ predictedDice }) => predictedDice),
    map: each[0].map.map((_, pixel) => mean(each.map(({ map }) => map[pixel]))),
  };
}

/**
 * Entropy of each pixel's classes, from 0 (sure) to 1 (all alike): in units of log K.
 *
 * @param probabilities of the K - 1 foreground classes; the background has the rest.
 */
export function entropyMap(probabilities: Probabilities): Float32Array<ArrayBuffer> {
  const most = Math.log(probabilities.length + 1);
  const entropy = new Float32Array(probabilities[0].length);
  for (let i = 0; i < entropy.length; i++) {
    let background = 1;
    let sum = 0;
    for (const plane of probabilities) {
      background -= plane[i];
      sum += surprise(plane[i]);
    }
    entropy[i] = Math.min(1, (sum + surprise(background)) / most);
  }
  return entropy;
}

/** A class's part in the entropy. */
const surprise = (p: number): number => (p > 0 ? -p * Math.log(p) : 0);

/** The likeliest class of each pixel; in a tie the lower id. */
function classIds(probabilities: Probabilities): Uint8Array {
  const ids = new Uint8Array(probabilities[0].length);
  for (let i = 0; i < ids.length; i++) {
    let most = probabilities.reduce((rest, plane) => rest - plane[i], 1); // of the background
    for (const [k, plane] of probabilities.entries()) {
      if (plane[i] <= most) continue;
      most = plane[i];
      ids[i] = k + 1;
    }
  }
  return ids;
}

/** Mean Dice of a class over all pairs of masks; pairs in which it is in neither are left out. */
function agreement(masks: readonly Uint8Array[], classId: number): number {
  const pairs = masks.flatMap((a, i) =>
    masks.slice(i + 1).map((b) => dice(confusion(a, b, classId))),
  );
  return mean(pairs.filter((value) => !Number.isNaN(value)));
}

function meanOf(views: readonly Probabilities[]): Probabilities {
  return views[0].map((first, k) => {
    const plane = new Float32Array(first.length);
    for (const view of views)
      for (let i = 0; i < plane.length; i++) plane[i] += view[k][i] / views.length;
    return plane;
  });
}

/** NaN of none. */
const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
};
