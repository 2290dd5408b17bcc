/**
 * Whether an image is one of the kind that a model was trained on, by what the model's encoder makes of it:
 * the distance of its bottleneck features from those of the training images, as González et al. 2022
 * ("Distance-based detection of out-of-distribution silent failures", section 3.2) have it, with variances
 * in place of the whole covariance, for which a few images are not enough. The limit comes from the training
 * images themselves, each judged by the others: a conformal test (Bates et al. 2023), so that at most one in
 * 20 images of the same kind is called foreign, or one in n + 1 where there are fewer than 19.
 */
import { cat, noGrad, scope, type Tensor } from '@genseg/torch';
import type { Sample } from '../data/index.ts';
import { DataError } from '../errors.ts';
import { inputOf, type Segmenter } from '../segmenter/index.ts';

/** What the features of the images that a model knows are like; plain JSON. */
export interface Domain {
  readonly images: number;
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  /** The distance beyond which an image is foreign. */
  readonly limit: number;
}

/** Share of the images of the same kind that may be called foreign. */
const level = 0.05;
/** Of the mean variance, added to every one: what hardly varies in a few images must not decide. */
const floor = 0.01;
const fewest = 3;

/**
 * Mean and standard deviation of each bottleneck channel over the image; null for a model without one.
 *
 * @param segmenter in evaluation mode. @param model.size side of its square input, px.
 */
export function imageFeatures(
  segmenter: Segmenter,
  sample: Omit<Sample, 'id' | 'mask'>,
  { size: side }: { size: number },
): number[] | null {
  return scope(() =>
    noGrad(() => {
      if (!segmenter.bottleneck) return null;
      return featuresOf(segmenter.bottleneck(inputOf(segmenter, [sample], side)))[0];
    }),
  );
}

/** The same of a bottleneck [N, C, h, w], image by image. */
export const featuresOf = (bottleneck: Tensor): number[][] =>
  scope(() => {
    const flat = bottleneck.to({ dtype: 'float32' }).contiguous().flatten({ startDim: 2 }); // [N, C, h w]
    const mean = flat.mean(2);
    const deviation = flat.sub(mean.unsqueeze(2)).square().mean(2).sqrt();
    return cat([mean, deviation], { dim: 1 })
      .unbind()
      .map((one) => one.toArray());
  });

/** @param features of the known images. @throws DataError for fewer than three. */
export function domainOf(features: readonly (readonly number[])[]): Domain {
  if (features.length < fewest)
    throw new DataError(
      `a domain needs the features of ${fewest} images or more, got ${features.length}; label more`,
    );
  const distances = features.map((one, i) =>
    distance(one, moments(features.filter((_, k) => k !== i))),
  );
  const beyond = Math.max(1, Math.floor(level * (features.length + 1)));
  const limit = distances.sort((a, b) => b - a)[beyond - 1] || 1;
  return { images: features.length, ...moments(features), limit };
}

/** How far an image is from a domain: above 1 it is foreign. */
export const novelty = (features: readonly number[], domain: Domain): number =>
  distance(features, domain) / domain.limit;

function moments(features: readonly (readonly number[])[]): Pick<Domain, 'mean' | 'variance'> {
  const mean = features[0].map((_, k) => average(features.map((one) => one[k])));
  const spread = mean.map((m, k) => average(features.map((one) => (one[k] - m) ** 2)));
  const least = floor * average(spread) || 1; // all images alike
  return { mean, variance: spread.map((value) => value + least) };
}

/** Root mean square of the features in units of their deviations: Mahalanobis' of a diagonal covariance. */
function distance(
  features: readonly number[],
  { mean, variance }: Omit<Domain, 'limit' | 'images'>,
) {
  return Math.sqrt(average(features.map((value, k) => (value - mean[k]) ** 2 / variance[k])));
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
