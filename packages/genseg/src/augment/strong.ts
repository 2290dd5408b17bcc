/** The augmentation that GenSeg and the `augment` baseline share: every warp, then every change of colour. */
import { scope } from '@genseg/torch';
import type { Augmentation } from './augmentation.ts';
import { allWarps, geometric } from './geometric.ts';
import { photometric } from './photometric.ts';
import type { Padding } from './warp.ts';

/** @param options.strength factor of every range, 0 (no change) to 3. */
export function strong(options: { strength?: number; padding?: Padding } = {}): Augmentation {
  const { strength = 1, padding } = options;
  const warp = geometric(allWarps({ strength }), { padding });
  const recolour = photometric({ strength });
  return (pair, generator) =>
    scope(() => {
      const { image, mask } = warp(pair, generator);
      return { image: recolour(image, generator), mask };
    });
}
