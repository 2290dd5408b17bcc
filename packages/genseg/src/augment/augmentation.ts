/**
 * What an augmentation is: a function of images or masks and a generator, and nothing else: the same
 * state of the generator gives the same bits.
 *
 * Generators live on the CPU, wherever the tensors are: what is drawn is a few numbers for each
 * sample, and a seed then gives the same warps and colours on every device (noise apart, whose pixels
 * a stream on the device draws).
 */
import { Generator, rand, randint, randn, scope, type Tensor } from '@genseg/torch';

/** A batch of images with their masks. */
export interface Pair {
  /** [N, C, H, W], 0..1. */
  image: Tensor;
  /** Class ids, int64 [N, H, W]; or one-hot, [N, K, H, W] (K = 1: foreground). */
  mask: Tensor;
}

export type Augmentation = (pair: Pair, generator: Generator) => Pair;
/** Leaves geometry as it is; differentiable in the image. */
export type ImageAugmentation = (image: Tensor, generator: Generator) => Tensor;
export type MaskAugmentation = (mask: Tensor, generator: Generator) => Tensor;

/** `count` numbers, uniform in [low, high). */
export function uniform(count: number, low: number, high: number, generator: Generator): number[] {
  const unit = scope(() => rand([count], { generator, dtype: 'float64' }).toArray());
  return unit.map((u) => low + (high - low) * u);
}

/** Standard normal numbers on the device of `like` and of its type, by a stream that `generator` seeds. */
export function normal(shape: readonly number[], like: Tensor, generator: Generator): Tensor {
  return scope(() => {
    const seed = randint(0, 2 ** 31, [1], { generator }).item();
    const device = like.device;
    return randn(shape, { generator: new Generator(seed, device), device, dtype: like.dtype });
  });
}

/** @throws TypeError unless least <= value <= most. */
export function requireBetween(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most))
    throw new TypeError(`${name} must be from ${least} to ${most}, got ${value}`);
}
