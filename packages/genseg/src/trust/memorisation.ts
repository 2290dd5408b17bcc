/**
 * Whether a generator has copied its training images: how near each synthetic image is to a training image,
 * beside how near real images are to each other (distance to the closest record; the comparison after
 * Meehan et al. 2020, "A non-parametric test to detect data-copying"). Brightness and contrast do not count,
 * or blurred images would be near to every dull one. A mirrored copy is found, since
 * masks are mirrored in training; one that is bent along with its mask may not be.
 */
import { noGrad, scope, type Tensor } from '@genseg/torch';

export interface Nearest {
  /** Of the reference. */
  readonly index: number;
  /** Root mean square difference to it or to its mirror image, each image brought to mean 0 and deviation 1. */
  readonly distance: number;
}

/** For each image [N, C, H, W] the nearest reference [M, C, H, W]. */
export function nearestOf(images: Tensor, references: Tensor): Nearest[] {
  return distances(images, references).map((row) => least(row));
}

/**
 * For each image the nearest of the others: how alike real images are.
 * @param groups of each image its patient, say: within a group images may be the same, which says nothing, and are not
 *   compared; the distance is infinite where there is no other group. By default each is a group of its own.
 */
export function nearestAmong(
  images: Tensor,
  groups: readonly unknown[] = Array.from({ length: images.shape[0] }, (_, i) => i),
): Nearest[] {
  return distances(images, images).map((row, own) =>
    least(row.map((value, i) => (groups[i] === groups[own] ? Number.POSITIVE_INFINITY : value))),
  );
}

/**
 * Whether synthetic images are copies: nearer to a real image than half the smallest distance between two
 * real ones.
 */
export function copied(synthetic: readonly Nearest[], real: readonly Nearest[]): boolean[] {
  const limit = Math.min(...real.map(({ distance }) => distance)) / 2;
  return synthetic.map(({ distance }) => distance <= limit);
}

function distances(images: Tensor, references: Tensor): number[][] {
  return scope(() =>
    noGrad(() => {
      const upright = standardised(references);
      const both = [upright, upright.flip([3])];
      return standardised(images)
        .unbind()
        .map((image) => {
          const [own, mirrored] = both.map((all) =>
            all.sub(image).square().mean([1, 2, 3]).sqrt().toArray(),
          );
          return own.map((value: number, i: number) => Math.min(value, mirrored[i]));
        });
    }),
  );
}

/** Of each image mean 0 and deviation 1; flat images become 0. */
function standardised(images: Tensor): Tensor {
  const centred = images.sub(images.mean([1, 2, 3], { keepdim: true }));
  const deviation = centred.square().mean([1, 2, 3], { keepdim: true }).sqrt();
  return centred.div(deviation.clamp({ min: 1e-6 }));
}

function least(row: readonly number[]): Nearest {
  const distance = Math.min(...row);
  return { index: row.indexOf(distance), distance };
}
