/**
 * Random changes of colour, differentiable in the image: synthetic images pass their gradients through
 * them to the generator. Each is drawn for each sample, evenly about "no change".
 */
import { replicationPad2d, type Tensor, tensor } from '@genseg/torch';
import {
  type ImageAugmentation,
  type ImagesLike,
  imageAugmentation,
  normal,
  requireBetween,
  uniform,
} from './augmentation.ts';

/** One number for each sample, to calculate with [N, C, H, W]. */
const perSample = (values: readonly number[], { dtype, device }: ImagesLike): Tensor =>
  tensor(values, { shape: [values.length, 1, 1, 1], dtype, device });

/** Several numbers for each sample, in one copy to the device: [K, N, 1, 1, 1]. */
const severalPerSample = (
  values: readonly (readonly number[])[],
  { dtype, device }: ImagesLike,
): Tensor =>
  tensor(values.flat(), { shape: [values.length, values[0].length, 1, 1, 1], dtype, device });

/** A change with one parameter: `apply` gets it drawn from [low, high) as [N, 1, 1, 1]. */
const withParameter = (
  [low, high]: readonly [number, number],
  apply: (image: Tensor, parameter: Tensor) => Tensor,
): ImageAugmentation =>
  imageAugmentation(
    (like, generator) => perSample(uniform(like.shape[0], low, high, generator), like),
    apply,
  );

/** Multiplies by 1 - share to 1 + share. */
export const gain = ({ share = 0.2 } = {}): ImageAugmentation =>
  withParameter([1 - share, 1 + share], (image, factor) => image.mul(factor));

/** Adds -amount to amount. */
export const bias = ({ amount = 0.1 } = {}): ImageAugmentation =>
  withParameter([-amount, amount], (image, shift) => image.add(shift));

/** Moves away from the sample's mean, or towards it, by the factor 1 - share to 1 + share. */
export const contrast = ({ share = 0.3 } = {}): ImageAugmentation =>
  withParameter([1 - share, 1 + share], (image, factor) => {
    const mean = image.mean([1, 2, 3], { keepdim: true });
    return mean.add(image.sub(mean).mul(factor));
  });

/** x^g on [0, 1], with g from 1 / ratio to ratio, evenly on a logarithmic scale. */
export function gamma({ ratio = 1.5 } = {}): ImageAugmentation {
  requireBetween('ratio', ratio, 1, 10);
  // Shifted by c and rescaled, since x^g has an infinite slope at 0 for g < 1.
  const c = 0.01;
  const range = Math.log(ratio);
  return withParameter([-range, range], (image, logarithm) => {
    const g = logarithm.exp();
    const power = (x: Tensor) => x.add(c).pow(g);
    const low = power(g.zerosLike());
    const high = power(g.onesLike());
    return power(image.clampMin(0)).sub(low).div(high.sub(low));
  });
}

/**
 * A random cubic curve of intensities on [0, 1], in the manner of Zhou et al. 2021 ("Models Genesis"): the four
 * coefficients of its Bernstein form lie within `amount` of those of the identity, or, for a share `inverted`
 * of the samples, of those of the negative.
 */
export function curve({ amount = 0.2, inverted = 0.5 } = {}): ImageAugmentation {
  requireBetween('inverted', inverted, 0, 1);
  return imageAugmentation(
    (like, generator) => {
      const [count] = like.shape;
      const negative = uniform(count, 0, 1, generator).map((u) => u < inverted);
      const coefficients = [0, 1, 2, 3].map((k) =>
        uniform(count, k / 3 - amount, k / 3 + amount, generator).map((value, n) =>
          negative[n] ? 1 - value : value,
        ),
      );
      return severalPerSample(coefficients, like);
    },
    (image, coefficients) => {
      const x = image.clamp({ min: 0, max: 1 });
      const y = x.rsub(1);
      // Bernstein polynomials of degree 3
      const basis = [y.pow(3), y.square().mul(x).mul(3), y.mul(x.square()).mul(3), x.pow(3)];
      return coefficients
        .unbind()
        .reduce((sum, coefficient, k) => sum.addcmul(basis[k], coefficient), image.zerosLike());
    },
  );
}

/** The luma of ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114];

/** Moves colours away from gray, or towards it, by the factor 1 - share to 1 + share; gray images stay. */
export const saturation = ({ share = 0.5 } = {}): ImageAugmentation =>
  imageAugmentation(
    (like, generator) => {
      const { shape, dtype, device } = like;
      const factors = uniform(shape[0], 1 - share, 1 + share, generator);
      if (shape[1] !== LUMA.length) return [];
      return [perSample(factors, like), tensor(LUMA, { shape: [1, 3, 1, 1], dtype, device })];
    },
    (image, drawn: readonly Tensor[]) => {
      if (drawn.length === 0) return image;
      const [factor, luma] = drawn;
      const gray = image.mul(luma).sum([1], { keepdim: true });
      return gray.add(image.sub(gray).mul(factor));
    },
  );

/** Gaussian blur with a standard deviation from 0 to `sigma` pixels; edges continue. */
export function blur({ sigma = 1 } = {}): ImageAugmentation {
  requireBetween('sigma', sigma, 0, 10);
  const radius = Math.ceil(3 * sigma);
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const weights = (s: number) => {
    const bell = offsets.map((i) => Math.exp(-(i ** 2) / (2 * Math.max(s, 1e-6) ** 2)));
    const sum = bell.reduce((a, b) => a + b);
    return bell.map((value) => value / sum);
  };
  return imageAugmentation(
    (like, generator) => {
      const kernels = uniform(like.shape[0], 0, sigma, generator).map(weights);
      const taps = offsets.map((_, i) => kernels.map((kernel) => kernel[i]));
      return severalPerSample(taps, like);
    },
    (image, drawn) => {
      const taps = drawn.unbind();
      // A sum of shifted images, not conv2d, which autocast would do with 8 bits.
      const along = (x: Tensor, dim: number) => {
        const shifted = (by: number) => x.narrow(dim, by, x.shape[dim] - 2 * radius);
        return taps.reduce((sum, tap, i) => sum.addcmul(shifted(i), tap), shifted(0).zerosLike());
      };
      return along(along(replicationPad2d(image, radius), 2), 3);
    },
  );
}

/** Adds white noise with a standard deviation from 0 to `deviation`. */
export const noise = ({ deviation = 0.05 } = {}): ImageAugmentation =>
  imageAugmentation(
    (like, generator) => {
      const size = perSample(uniform(like.shape[0], 0, deviation, generator), like);
      return [size, normal(like, generator)] as const;
    },
    (image, [size, white]) => image.addcmul(white, size),
  );

/** One after the other, then cut to [0, 1] as a camera does. @throws TypeError for a step that is no image augmentation. */
export function chain(...steps: readonly ImageAugmentation[]): ImageAugmentation {
  const wrong = steps.findIndex((step) => !step?.draw || !step.apply);
  if (wrong >= 0)
    throw new TypeError(
      `chain: step ${wrong + 1} is no image augmentation; make one with imageAugmentation(draw, apply)`,
    );
  return imageAugmentation(
    (like, generator) => steps.map((step) => step.draw(like, generator)),
    (image, drawn) =>
      steps.reduce((x, step, i) => step.apply(x, drawn[i]), image).clamp({ min: 0, max: 1 }),
  );
}

/** All changes of gray values and colours but `curve`. @param options.strength factor of every range, 0 (no change) to 3. */
export function photometric(options: { strength?: number } = {}): ImageAugmentation {
  const { strength = 1 } = options;
  requireBetween('strength', strength, 0, 3);
  return chain(
    gamma({ ratio: 1.5 ** strength }),
    contrast({ share: 0.3 * strength }),
    saturation({ share: 0.5 * strength }),
    gain({ share: 0.2 * strength }),
    bias({ amount: 0.1 * strength }),
    blur({ sigma: strength }),
    noise({ deviation: 0.05 * strength }),
  );
}

/** As another kind of acquisition might show it: any curve of intensities, half of them negatives, then the above. */
export const anyContrast = (): ImageAugmentation => chain(curve(), photometric());
