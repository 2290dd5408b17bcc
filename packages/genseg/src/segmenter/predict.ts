/** From a trained segmenter to masks at the images' own sizes. */
import {
  noGrad,
  scope,
  stack,
  type Tensor,
  tensor,
  upsampleBilinear2d,
  zerosLike,
} from '@genseg/torch';
import { ignoredClass } from '../classes.ts';
import { resizeImage, type Sample, type Size } from '../data/index.ts';
import { foregroundOf, plainTask, probabilitiesOf, type Task, targetOf } from '../nn/index.ts';
import type { Segmenter } from './segmenter.ts';

/** A mask and what it was decided from, at the image's own size, row by row. */
export interface Prediction extends Size {
  /** Class ids. */
  mask: Uint8Array;
  /** Of each foreground class in the order of class ids from 1, or of each region: probabilities 0..1. */
  probabilities: Float32Array[];
}

/** The class ids that logits decide on: the most probable, or what the planes above 1/2 paint. [N, K, H, W] -> [N, H, W] */
function classIds(logits: Tensor, { exclusive, paints }: Task): Tensor {
  if (exclusive) return logits.argmax({ dim: 1 });
  return logits
    .gt(0)
    .unbind({ dim: 1 })
    .reduce(
      (ids, inside, plane) => ids.maskedFill(inside, paints[plane]),
      zerosLike(logits.select(1, 0), { dtype: 'int64' }),
    );
}

/** Mean over cases of the mean Dice over foreground planes that are in either mask; 1 where none is. */
export function meanDice(logits: Tensor, mask: Tensor, task = plainTask(logits)): number {
  return scope(() => {
    const known = mask.ne(ignoredClass);
    const predicted = classIds(logits, task).mul(known);
    const [p, t] = [predicted, mask].map((ids) =>
      foregroundOf(targetOf(ids, task, 'float32'), task),
    );
    const rows = (sums: Tensor) => sums.unbind().map((one) => one.toArray()); // per case, per plane
    const totals = rows(p.sum([2, 3]).add(t.sum([2, 3])));
    const twice = rows(p.mul(t).sum([2, 3]).mul(2));
    const cases = totals.map((planes, n) => {
      const scores = planes.flatMap((total, k) => (total > 0 ? [twice[n][k] / total] : []));
      return scores.length === 0 ? 1 : scores.reduce((a, b) => a + b) / scores.length;
    });
    return cases.reduce((a, b) => a + b, 0) / cases.length;
  });
}

/** An image alone. */
export type Picture = Omit<Sample, 'id' | 'mask'>;

/** How a segmenter is used. */
export interface Use {
  /** Side of the model's square input, px. */
  size: number;
  /** What its planes stand for; by default one is foreground and several are the classes. */
  task?: Task;
}

/** Images as the model takes them, stretched to its square: [N, C, side, side]. */
export function inputOf(segmenter: Segmenter, samples: readonly Picture[], side: number): Tensor {
  const { device } = segmenter.parameters()[0].value;
  const square = { width: side, height: side };
  return scope(() =>
    stack(
      samples.map((sample) => {
        const planes = resizeImage(sample.image, sample, square);
        return tensor(planes, { shape: [planes.length / side ** 2, side, side] });
      }),
    ).to({ device }),
  );
}

/**
 * A mask at the image's own size: logits are brought to it (bilinear) before deciding, so that borders are as smooth
 * as the model's.
 *
 * @param logits of one image, [K, h, w].
 */
export function decide(logits: Tensor, { width, height }: Size, task?: Task): Prediction {
  return scope(() =>
    noGrad(() => {
      const single = logits.unsqueeze(0).to({ dtype: 'float32' });
      const large = upsampleBilinear2d(single, [height, width], false);
      const meaning = task ?? plainTask(large);
      return {
        width,
        height,
        mask: classIds(large, meaning)
          .to({ dtype: 'uint8' })
          .contiguous()
          .toTypedArray() as Uint8Array,
        probabilities: probabilitiesOf(large, meaning)
          .squeeze(0)
          .unbind()
          .map((plane) => plane.contiguous().toFloat32Array()),
      };
    }),
  );
}

/** Segments images of any sizes in one pass. @param segmenter in evaluation mode. */
export function predictAll(
  segmenter: Segmenter,
  samples: readonly Picture[],
  { size, task }: Use,
): Prediction[] {
  return scope(() =>
    noGrad(() => {
      const logits = segmenter.forward(inputOf(segmenter, samples, size));
      return samples.map((sample, i) => decide(logits.at(i), sample, task));
    }),
  );
}

/** Segments one image. @param segmenter in evaluation mode. */
export const predict = (segmenter: Segmenter, sample: Picture, use: Use): Prediction =>
  predictAll(segmenter, [sample], use)[0];
