/**
 * Test-time augmentation (Wang et al. 2019, "Aleatoric uncertainty estimation with test-time augmentation for
 * medical image segmentation"): a model sees an image as it is, mirrored, turned and resized, and its
 * probabilities are brought back. Where it has understood the image they agree. The views are fixed, so the
 * same image gives the same numbers.
 */
import { noGrad, scope, type Tensor, tensor } from '@genseg/torch';
import {
  type Affine,
  identity,
  rotation,
  samplingGrid,
  scaling,
  warpImage,
} from '../augment/index.ts';
import { resizeImage, type Sample } from '../data/index.ts';
import { plainTask, probabilitiesOf, type Task } from '../nn/index.ts';
import type { Segmenter } from '../train/index.ts';
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

/** As it is, mirrored, turned by 10 degrees either way, a tenth larger and a tenth smaller. */
const views: readonly View[] = [
  { map: identity, back: identity },
  scaledBy(-1, 1),
  turned(10),
  turned(-10),
  scaledBy(1.1, 1.1),
  scaledBy(0.9, 0.9),
];

/**
 * Probabilities of the foreground classes in every view, at the size that the model works at.
 *
 * @param segmenter in evaluation mode. @param model.size side of its square input, px. @param model.task what its planes
 *   stand for; by default one is foreground and several are the classes.
 * @returns by view, the image as it is first; planes `[size, size]`.
 */
export function predictViews(
  segmenter: Segmenter,
  sample: Omit<Sample, 'id' | 'mask'>,
  { size: side, task }: { size: number; task?: Task },
): Probabilities[] {
  const { device } = segmenter.parameters()[0].value;
  const frame = { count: views.length, height: side, width: side, device };
  const warped = (images: Tensor, maps: readonly Affine[]) =>
    warpImage(images, samplingGrid({ maps, displacement: null }, frame), { padding: 'border' });
  return scope(() =>
    noGrad(() => {
      const planes = resizeImage(sample.image, sample, { width: side, height: side });
      const channels = planes.length / side ** 2;
      const image = tensor(planes, { shape: [1, channels, side, side] }).to({ device });
      const maps = views.map(({ map }) => map);
      const seen = warped(image.expand([views.length, -1, -1, -1]), maps); // [V, C, side, side]
      const logits = segmenter.forward(seen).to({ dtype: 'float32' }); // [V, 1 or K, side, side]
      const probability = probabilitiesOf(logits, task ?? plainTask(logits));
      const back = views.map((view) => view.back);
      return warped(probability, back)
        .unbind()
        .map((view) => view.unbind().map((plane) => plane.contiguous().toFloat32Array()));
    }),
  );
}
