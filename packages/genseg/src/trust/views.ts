/**
 * Test-time augmentation (Wang et al. 2019, "Aleatoric uncertainty estimation with test-time augmentation for
 * medical image segmentation"): a model sees an image as it is, mirrored, turned and resized, and its
 * probabilities are brought back. Where it has understood the image they agree. The views are fixed, so the
 * same image gives the same numbers.
 */
import { cat, noGrad, scope, type Tensor } from '@genseg/torch';
import { type Affine, rotation, samplingGrid, scaling, warpImage } from '../augment/index.ts';
import type { Sample } from '../data/index.ts';
import { plainTask, probabilitiesOf, type Task } from '../nn/index.ts';
import { inputOf, type Segmenter, type Use } from '../segmenter/index.ts';
import type { Probabilities } from './uncertainty.ts';

/** A change of the image, and the change that undoes it. */
interface View {
  readonly map: Affine;
  readonly back: Affine;
}

const turned = (degrees: number): View => ({ map: rotation(degrees), back: rotation(-degrees) });
const scaledBy = (x: number, y: number): View => ({
  map: scaling(x, y),
  back: scaling(1 / x, 1 / y),
});

/** Beside the image as it is: mirrored, turned by 10 degrees either way, a tenth larger and a tenth smaller. */
const views: readonly View[] = [
  scaledBy(-1, 1),
  turned(10),
  turned(-10),
  scaledBy(1.1, 1.1),
  scaledBy(0.9, 0.9),
];

/** What a model makes of images [N, C, side, side]. */
export interface Seen {
  /** Of the images as they are, [N, K, side, side]. */
  readonly logits: Tensor;
  /** The encoder's last features of the images as they are; null for a model that does not show them. */
  readonly bottleneck: Tensor | null;
  /** Of the foreground in each view, brought back; the image as it is comes first. Each [N, planes, side, side]. */
  readonly probabilities: readonly Tensor[];
}

/**
 * Everything from one pass over all images in all views.
 *
 * @param segmenter in evaluation mode. @param task what its planes stand for; by default one is foreground and
 *   several are the classes.
 */
export function see(segmenter: Segmenter, images: Tensor, task?: Task): Seen {
  const [count, , height, width] = images.shape;
  const frame = { count, height, width, device: images.device };
  const warped = (batch: Tensor, map: Affine) => {
    const maps = Array.from({ length: count }, () => map);
    return warpImage(batch, samplingGrid({ maps, displacement: null }, frame), {
      padding: 'border',
    });
  };
  return scope(() =>
    noGrad(() => {
      const seen = cat([images, ...views.map(({ map }) => warped(images, map))]);
      const { logits: all, bottleneck = null } = segmenter.forwardWithBottleneck?.(seen) ?? {
        logits: segmenter.forward(seen),
      };
      const [logits, ...others] = all.split(count);
      const meaning = task ?? plainTask(logits);
      const probabilitiesIn = (one: Tensor) =>
        probabilitiesOf(one.to({ dtype: 'float32' }), meaning);
      return {
        logits,
        bottleneck: bottleneck?.narrow(0, 0, count) ?? null,
        probabilities: [
          probabilitiesIn(logits),
          ...others.map((one, i) => warped(probabilitiesIn(one), views[i].back)),
        ],
      };
    }),
  );
}

/**
 * Probabilities of the foreground classes in every view, at the size that the model works at: planes `[size, size]`,
 * the image as it is first.
 *
 * @param segmenter in evaluation mode.
 */
export function predictViews(
  segmenter: Segmenter,
  sample: Omit<Sample, 'id' | 'mask'>,
  { size, task }: Use,
): Probabilities[] {
  return scope(() => planesOf(see(segmenter, inputOf(segmenter, [sample], size), task), 0));
}

/** By view, the planes of one of the images. */
export const planesOf = ({ probabilities }: Pick<Seen, 'probabilities'>, image: number) =>
  probabilities.map((view) =>
    view
      .at(image)
      .unbind()
      .map((plane) => plane.contiguous().toFloat32Array()),
  );
