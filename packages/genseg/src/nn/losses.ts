/**
 * Losses of segmentation and reconstruction. Targets have the shape of what they are compared with;
 * only `segmentationLoss` takes a mask of classes, which task.ts reads. GAN losses are in gan-losses.ts.
 */
import { binaryCrossEntropyWithLogits, type Tensor, upsampleNearest2d } from '@genseg/torch';
import { fullPrecision } from './precision.ts';
import { entropyWeights, labelled, plainTask, type Task, targetOf } from './task.ts';

function refuseOtherShape(name: string, values: Tensor, target: Tensor): void {
  const [got, wanted] = [target.shape.join(', '), values.shape.join(', ')];
  if (got === wanted) return;
  throw new TypeError(`${name}: the target is [${got}], expected [${wanted}]`);
}

/** Binary cross-entropy, mean over all values; each is a problem of its own. */
export function bceWithLogits(logits: Tensor, target: Tensor): Tensor {
  refuseOtherShape('bceWithLogits', logits, target);
  return binaryCrossEntropyWithLogits(logits, target);
}

/** Cross-entropy of the classes along dimension 1, mean over pixels. The target may be soft. */
export function crossEntropy(logits: Tensor, target: Tensor): Tensor {
  refuseOtherShape('crossEntropy', logits, target);
  return logits.logSoftmax(1).mul(target).sum(1).mean().neg();
}

/** Mean absolute difference. */
export function l1(values: Tensor, target: Tensor): Tensor {
  refuseOtherShape('l1', values, target);
  return values.sub(target).abs().mean();
}

export interface OverlapOptions {
  /** Added above and below the fraction; keeps empty masks finite. Default 1. */
  smooth?: number;
  /** Whether channel 0 of several counts; default false. A single channel is foreground and counts. */
  background?: boolean;
}

/** A loss of probabilities [N, K, H, W] against zeros and ones of that shape. */
export type OverlapLoss = (
  probabilities: Tensor,
  target: Tensor,
  options?: Pick<OverlapOptions, 'background'>,
) => Tensor;

/**
 * Soft Dice loss (Milletari et al. 2016, with plain instead of squared sums as in nnU-Net):
 * 1 - (2 sum(p t) + smooth) / (sum(p) + sum(t) + smooth), per sample and class, then the mean.
 */
export function diceLoss(
  probabilities: Tensor,
  target: Tensor,
  options: OverlapOptions = {},
): Tensor {
  const { smooth = 1, background = false } = options;
  refuseOtherShape('diceLoss', probabilities, target);
  const channels = probabilities.shape[1];
  const from = channels > 1 && !background ? 1 : 0;
  const sum = (x: Tensor) => x.narrow(1, from, channels - from).sum([2, 3]); // [N, classes]
  const intersection = sum(probabilities.mul(target));
  const total = sum(probabilities).add(sum(target));
  const dice = intersection.mul(2).add(smooth).div(total.add(smooth));
  return dice.mean().rsub(1);
}

export interface DeepSupervisionOptions extends SegmentationLossOptions {
  /** Of each output; by default each has half the weight of the one before, and they sum to 1. */
  weights?: readonly number[];
}

export interface SegmentationLossOptions {
  /** Default `diceLoss`. */
  overlap?: OverlapLoss;
  /** What the planes of logits stand for; by default one is foreground and several are the classes. */
  task?: Task;
}

/**
 * What a segmentation model minimises: cross-entropy plus an overlap loss. Pixels without a label count in
 * neither, and the weights of the task in the cross-entropy, whose weights' sum it is divided by.
 *
 * @param logits [N, K, H, W]. @param mask integer classes, [N, H, W].
 */
export function segmentationLoss(
  logits: Tensor,
  mask: Tensor,
  options: SegmentationLossOptions = {},
): Tensor {
  const z = fullPrecision(logits);
  const planes = z.shape[1];
  const { overlap = diceLoss, task = plainTask(z) } = options;
  if (planes !== task.planes.length) {
    throw new TypeError(
      `segmentationLoss: logits have ${planes} planes, the task has ${task.planes.length}; give the task that the model was made for`,
    );
  }
  const target = targetOf(mask, task, z.dtype);
  const probabilities = task.exclusive ? z.softmax(1) : z.sigmoid();
  const counted = task.partial ? probabilities.mul(labelled(mask, z.dtype)) : probabilities;
  // Of exclusive planes the first is the background, which has no overlap of its own.
  return entropy(z, target, { mask, task }).add(
    overlap(counted, target, { background: !task.exclusive }),
  );
}

function entropy(z: Tensor, target: Tensor, { mask, task }: { mask: Tensor; task: Task }): Tensor {
  if (!task.partial && !task.weights)
    return task.exclusive ? crossEntropy(z, target) : bceWithLogits(z, target);
  const each = task.exclusive
    ? z.logSoftmax(1).mul(target).sum([1], { keepdim: true }).neg()
    : binaryCrossEntropyWithLogits(z, target, { reduction: 0 });
  const weight = entropyWeights(mask, target, task);
  const total = weight.expand(each.shape).sum().clampMin(1e-6); // a batch may have no label at all
  return each.mul(weight).sum().div(total);
}

/**
 * Deep supervision (as in nnU-Net, Isensee et al. 2021): the segmentation loss of logits at several
 * resolutions, weighted.
 *
 * @param outputs logits [N, K, h, w], the full resolution first. @param mask integer classes, [N, H, W],
 *   brought to each output's size by nearest neighbour.
 */
export function deepSupervisionLoss(
  outputs: readonly Tensor[],
  mask: Tensor,
  options: DeepSupervisionOptions = {},
): Tensor {
  const total = 2 - 2 ** (1 - outputs.length); // 1 + 1/2 + 1/4 + ...
  const { weights = outputs.map((_, i) => 2 ** -i / total), ...loss } = options;
  const terms = outputs.map((logits, i) =>
    segmentationLoss(logits, resizedMask(mask, logits.shape.slice(2)), loss).mul(weights[i]),
  );
  return terms.reduce((sum, term) => sum.add(term));
}

function resizedMask(mask: Tensor, size: readonly number[]): Tensor {
  if (mask.shape.slice(1).join() === size.join()) return mask;
  const values = mask.unsqueeze(1).to({ dtype: 'float32' });
  return upsampleNearest2d(values, size).squeeze(1).to({ dtype: mask.dtype });
}
