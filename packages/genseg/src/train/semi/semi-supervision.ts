/**
 * Learning from unlabelled images beside labelled ones, with two networks: what its methods are, as
 * values, and what they share. The first network is the segmentation model, which alone is validated,
 * kept and used; the second is there for training.
 */
import { cat, type Tensor } from '@genseg/torch';
import {
  bceWithLogits,
  crossEntropy,
  fullPrecision,
  oneHotMask,
  type Task,
} from '../../nn/index.ts';
import type { Family } from '../../segmenter/index.ts';
import { outputsOf, type Segmenter } from '../../segmenter/index.ts';
import type { Images } from '../image-set.ts';
import type { Pairs } from '../pairs.ts';

export interface SemiBatch {
  real: Pairs;
  /** Warped, of the training's colours. */
  unlabelled: Images;
  /** What the planes of logits stand for, of both losses. */
  task: Task;
}

export interface Losses {
  supervised: Tensor;
  /** Grows in weight while training goes on. */
  unsupervised: Tensor;
}

export interface SemiSupervision {
  /** The family of the second network, by that of the first. */
  partnerOf(family: Family): Family;
  /** Decay of the moving average of the first network that the second is; null: it is trained as well. */
  readonly follows: number | null;
  /** Passes of a network whose graphs are in memory at once. */
  readonly graphs: number;
  /** Weight of the unsupervised loss at the end. */
  readonly weight: number;
  /** @param recolour changes the colours at random, anew in each call. */
  losses(
    networks: readonly [first: Segmenter, second: Segmenter],
    batch: SemiBatch,
    recolour: (image: Tensor) => Tensor,
  ): Losses;
}

/**
 * The part of the unsupervised weight in use: exp(-5 (1 - t)^2), with t the part of training that is done
 * (Laine and Aila 2017, "Temporal Ensembling", section 2.1).
 */
export const rampUp = (done: number, steps: number): number =>
  Math.exp(-5 * (1 - Math.min(1, done / steps)) ** 2);

/** One pass over both kinds of images, so that they share batch statistics: logits, by resolution for the real. */
export function pass(
  network: Segmenter,
  real: Tensor,
  unlabelled: Tensor,
): { real: Tensor[]; unlabelled: Tensor } {
  const [count, extra] = [real.shape[0], unlabelled.shape[0]];
  const outputs = outputsOf(network, cat([real, unlabelled]));
  return {
    real: outputs.map((logits) => logits.narrow(0, 0, count)),
    unlabelled: outputs[0].narrow(0, count, extra),
  };
}

/** Of each plane, in 0..1: [N, planes, H, W]. */
export function probabilities(logits: Tensor, { exclusive }: Task): Tensor {
  const z = fullPrecision(logits);
  return exclusive ? z.softmax(1) : z.sigmoid();
}

/** What the logits decide for, as `targetOf` has it of a mask: zeros and ones, [N, planes, H, W]. */
export const decided = (logits: Tensor, { exclusive }: Task): Tensor =>
  exclusive
    ? oneHotMask(logits.argmax({ dim: 1 }), logits.shape[1])
    : logits.gt(0).to({ dtype: 'float32' });

/**
 * H(p, q) = -sum p log q over exclusive planes, or of each plane and its complement; mean over pixels, and over
 * planes that are not exclusive. q is given by logits.
 */
export function softCrossEntropy(target: Tensor, logits: Tensor, { exclusive }: Task): Tensor {
  const z = fullPrecision(logits);
  return exclusive ? crossEntropy(z, target) : bceWithLogits(z, target);
}
