/** The augmentation that GenSeg and the `augment` baseline share: every warp, then every change of colour. */
import { scope, type Tensor, tensor, where } from '@genseg/torch';
import { type Augmentation, type Pair, requireBetween, uniform } from './augmentation.ts';
import { allWarps, geometric } from './geometric.ts';
import { photometric } from './photometric.ts';
import type { Padding } from './warp.ts';

/**
 * @param options.strength factor of every range, 0 (no change) to 3.
 * @param options.probability that a pair is changed at all; the others stay as they are.
 */
export function strong(
  options: { strength?: number; probability?: number; padding?: Padding } = {},
): Augmentation {
  const { strength = 1, probability = 1, padding } = options;
  requireBetween('probability', probability, 0, 1);
  const warp = geometric(allWarps({ strength }), { padding });
  const recolour = photometric({ strength });
  return (pair, generator) =>
    scope(() => {
      const { image, mask } = warp(pair, generator);
      const changed = { image: recolour(image, generator), mask };
      if (probability === 1) return changed;
      const [count] = image.shape;
      const chosen = uniform(count, 0, 1, generator).map((u) => (u < probability ? 1 : 0));
      return merge(tensor(chosen, { dtype: 'bool', device: image.device }), changed, pair);
    });
}

/** The samples of `yes` where `chosen` [N] is true, else those of `no`. */
function merge(chosen: Tensor, yes: Pair, no: Pair): Pair {
  const pick = (key: keyof Pair) => {
    const shape = yes[key].shape.map((_, dim) => (dim === 0 ? -1 : 1));
    return where(chosen.reshape(shape), yes[key], no[key]);
  };
  return { image: pick('image'), mask: pick('mask') };
}
