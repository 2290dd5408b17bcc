/**
 * Copy-paste: Ghiasi et al. 2021, "Simple Copy-Paste is a Strong Data Augmentation Method for Instance
 * Segmentation". Both images are augmented, then the objects of one are pasted into the other, without
 * blending the edges. Masks of classes do not tell objects apart, so all of an image's objects go.
 */
import { scope, type Tensor, tensor, where } from '@genseg/torch';
import { ignoredClass } from '../classes.ts';
import { type Augmentation, type Pair, requireBetween, uniform } from './augmentation.ts';
import { strong } from './strong.ts';

/**
 * @param options.probability that a sample receives the objects of another of its batch.
 * @param options.before augments the batch first, so that what is pasted differs from its own image.
 */
export function copyPaste(
  options: { probability?: number; before?: Augmentation } = {},
): Augmentation {
  const { probability = 0.5, before = strong() } = options;
  requireBetween('probability', probability, 0, 1);
  return (pair, generator) =>
    scope(() => {
      const own = before(pair, generator);
      const [count] = own.image.shape;
      if (count === 1) return own;
      const shift = 1 + Math.floor(uniform(1, 0, count - 1, generator)[0]);
      const chosen = uniform(count, 0, 1, generator).map((u) => (u < probability ? 1 : 0));
      return paste(own, rolled(own, shift), chosen);
    });
}

const rolled = ({ image, mask }: Pair, shift: number): Pair => ({
  image: image.roll(shift, { dims: 0 }),
  mask: mask.roll(shift, { dims: 0 }),
});

/** The objects of `source` over those of `target`, in the chosen samples. */
function paste(target: Pair, source: Pair, chosen: readonly number[]): Pair {
  const given = tensor(chosen, { shape: [chosen.length, 1, 1], device: target.image.device });
  const inside = objects(source.mask).logicalAnd(given); // [N, H, W]
  const all = inside.unsqueeze(1);
  const { mask } = target;
  return {
    image: where(all, source.image, target.image),
    mask: where(mask.dim === 3 ? inside : all, source.mask, mask),
  };
}

/** Where a mask of ids or of planes is neither background nor without a label: boolean [N, H, W]. */
function objects(mask: Tensor): Tensor {
  if (mask.dim === 3) return mask.ne(0).logicalAnd(mask.ne(ignoredClass));
  return mask.shape[1] === 1 ? mask.squeeze(1).ne(0) : mask.argmax({ dim: 1 }).ne(0);
}
