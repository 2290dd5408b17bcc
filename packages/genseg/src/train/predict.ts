/** From a trained segmenter to masks at the images' own sizes. */
import { noGrad, scope, type Tensor, tensor, upsampleBilinear2d } from '@genseg/torch';
import { resizeImage, type Sample, type Size } from '../data/index.ts';
import type { Segmenter } from './problems.ts';

/** A mask and what it was decided from, at the image's own size, row by row. */
export interface Prediction extends Size {
  /** Class ids. */
  mask: Uint8Array;
  /** Per foreground class, in the order of class ids from 1: probabilities 0..1. */
  probabilities: Float32Array[];
}

/** One channel of logits is foreground against background, several are classes. [N, K, H, W] -> [N, H, W] */
const classIds = (logits: Tensor): Tensor =>
  logits.shape[1] === 1
    ? logits.squeeze(1).gt(0).to({ dtype: 'int64' })
    : logits.argmax({ dim: 1 });

/** Mean over cases of the mean Dice over foreground classes that are in either mask; 1 where none is. */
export function meanDice(logits: Tensor, mask: Tensor): number {
  return scope(() => {
    const predicted = classIds(logits);
    const classes = Math.max(2, logits.shape[1]);
    const overlap = (k: number) => {
      const [p, t] = [predicted.eq(k), mask.eq(k)].map((x) => x.to({ dtype: 'float32' }));
      const total = p.sum([1, 2]).add(t.sum([1, 2]));
      return { twice: p.mul(t).sum([1, 2]).mul(2).toArray(), total: total.toArray() };
    };
    const perClass = Array.from({ length: classes - 1 }, (_, i) => overlap(i + 1));
    const cases = perClass[0].total.map((_, n) => {
      const present = perClass.filter(({ total }) => total[n] > 0);
      if (present.length === 0) return 1;
      return (
        present.reduce((sum, { twice, total }) => sum + twice[n] / total[n], 0) / present.length
      );
    });
    return cases.reduce((a, b) => a + b, 0) / cases.length;
  });
}

/**
 * Segments one image at the size the model was trained at, and brings the probabilities back to the
 * image's own size (bilinear) before deciding, so that borders are as smooth as the model's.
 *
 * @param segmenter in evaluation mode.
 * @param model.size side of the model's square input, px.
 */
export function predict(
  segmenter: Segmenter,
  sample: Omit<Sample, 'id' | 'mask'>,
  { size: side }: { size: number },
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
      const probability =
        logits.shape[1] === 1 ? logits.sigmoid() : logits.softmax(1).at(':', [1, null]);
      return {
        width,
        height,
        mask: classIds(logits).to({ dtype: 'uint8' }).toTypedArray() as Uint8Array,
        probabilities: probability
          .squeeze(0)
          .unbind()
          .map((plane) => plane.toFloat32Array()),
      };
    }),
  );
}
