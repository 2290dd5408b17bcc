/** From a trained segmenter to masks at the images' own sizes. */
import { noGrad, scope, type Tensor, tensor, upsampleBilinear2d, zerosLike } from '@genseg/torch';
import { ignoredClass } from '../classes.ts';
import { resizeImage, type Sample, type Size } from '../data/index.ts';
import { foregroundOf, plainTask, probabilitiesOf, type Task, targetOf } from '../nn/index.ts';
import type { Segmenter } from './problems.ts';

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

/**
 * Segments one image at the size the model was trained at, and brings the probabilities back to the
 * image's own size (bilinear) before deciding, so that borders are as smooth as the model's.
 *
 * @param segmenter in evaluation mode.
 * @param model.size side of the model's square input, px. @param model.task what its planes stand for;
 *   by default one is foreground and several are the classes.
 */
export function predict(
  segmenter: Segmenter,
  sample: Omit<Sample, 'id' | 'mask'>,
  { size: side, task }: { size: number; task?: Task },
): Prediction {
  const { width, height } = sample;
  const device = segmenter.parameters()[0].value.device;
  return scope(() =>
    noGrad(() => {
      const planes = resizeImage(sample.image, sample, { width: side, height: side });
      const image = tensor(planes, { shape: [1, planes.length / side ** 2, side, side] }).to({
        device,
      });
      const logits = upsampleBilinear2d(
        segmenter.forward(image).to({ dtype: 'float32' }),
        [height, width],
        false,
      );
      const meaning = task ?? plainTask(logits);
      return {
        width,
        height,
        mask: classIds(logits, meaning).to({ dtype: 'uint8' }).toTypedArray() as Uint8Array,
        probabilities: probabilitiesOf(logits, meaning)
          .squeeze(0)
          .unbind()
          .map((plane) => plane.toFloat32Array()),
      };
    }),
  );
}
