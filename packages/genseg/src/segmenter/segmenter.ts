/** What a segmentation model is to all that train or use it, whichever family it is of. */
import type { Tensor } from '@genseg/torch';
import type { Module, Task } from '../nn/index.ts';

/** A segmentation model: images [N, C, H, W] to logits [N, planes, H, W]. */
export type Segmenter = Module & {
  forward(image: Tensor): Tensor;
  /** What is trained beside the logits of `forward`, which come first: those of other resolutions or heads. */
  forwardDeep?(image: Tensor): Tensor[];
  /** The encoder's last features [N, channels, h, w], by which images are compared. */
  bottleneck?(image: Tensor): Tensor;
  forwardWithBottleneck?(image: Tensor): { logits: Tensor; bottleneck: Tensor };
  /** The weights of their losses; by default each has half that of the one before. */
  readonly outputWeights?: readonly number[];
  /** Writes the model with its code, where that is not ours. */
  save?(path: string): void;
};
/** What is compared with a mask: the logits, or those of several resolutions. */
export const outputsOf = (segmenter: Segmenter, image: Tensor): Tensor[] =>
  segmenter.forwardDeep?.(image) ?? [segmenter.forward(image)];

/** How the loss of a segmenter's outputs is taken. */
export const lossOptions = ({ outputWeights: weights }: Segmenter, task?: Task) => ({
  ...(weights && { weights }),
  task,
});
