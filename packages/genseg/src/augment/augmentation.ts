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
export type MaskAugmentation = (mask: Tensor, generator: Generator) => Tensor;

/** Of images, what must be known to draw their change: a tensor of them will do. */
export type ImagesLike = Pick<Tensor, 'shape' | 'dtype' | 'device'>;

/** What the change of a batch of images drew; plain data, so that it survives a scope that returns it. */
export type Drawn = Tensor | readonly Drawn[];

/**
 * Leaves geometry as it is; differentiable in the image. Called, it draws and applies; apart, the drawing knows no
 * pixel and the applying no generator, so that it is a function of tensors alone.
 */
export interface ImageAugmentation {
  (image: Tensor, generator: Generator): Tensor;
  draw(like: ImagesLike, generator: Generator): Drawn;
  /** @param drawn by this augmentation, for images of this shape, type and device. */
  apply(image: Tensor, drawn: Drawn): Tensor;
}

/**
 * An image augmentation from its two parts.
 * @param draw the random numbers, from `generator`, which is on the CPU; its tensors on the device of the images.
 * @param apply a function of tensors alone, differentiable in the image.
 * @throws TypeError unless both are functions.
 * @example
 * const brighter = imageAugmentation(
 *   ({ shape, dtype, device }, generator) => upload(rand([shape[0], 1, 1, 1], { dtype, generator }), device),
 *   (image, by) => image.add(by),
 * );
 */
export function imageAugmentation<D extends Drawn>(
  draw: (like: ImagesLike, generator: Generator) => D,
  apply: (image: Tensor, drawn: D) => Tensor,
): ImageAugmentation {
  if (typeof draw !== 'function' || typeof apply !== 'function')
    throw new TypeError('imageAugmentation takes two functions: draw, and apply');
  const parts = {
    draw: (like: ImagesLike, generator: Generator): Drawn => scope(() => draw(like, generator)),
    apply: (image: Tensor, drawn: Drawn) => scope(() => apply(image, drawn as D)),
  };
  const whole = (image: Tensor, generator: Generator) =>
    scope(() => apply(image, draw(image, generator)));
  return Object.assign(whole, parts);
}

/** `count` numbers, uniform in [low, high). */
export function uniform(count: number, low: number, high: number, generator: Generator): number[] {
  const unit = scope(() => rand([count], { generator, dtype: 'float64' }).toArray());
  return unit.map((u) => low + (high - low) * u);
}

/** A standard normal number for each of the images' values, by a stream on their device that `generator` seeds. */
export function normal({ shape, dtype, device }: ImagesLike, generator: Generator): Tensor {
  return scope(() => {
    const seed = randint(0, 2 ** 31, [1], { generator }).item();
    return randn(shape, { generator: new Generator(seed, device), device, dtype });
  });
}

/** @throws TypeError unless least <= value <= most. */
export function requireBetween(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most))
    throw new TypeError(`${name} must be from ${least} to ${most}, got ${value}`);
}
