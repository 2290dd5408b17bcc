/** Where the batches of every level come from: which cases are next, and what is done to them. */
import { type Generator, scope, type Tensor } from '@genseg/torch';
import {
  allWarps,
  frameOf,
  geometric,
  geometricMask,
  samplingGrid,
  warpImage,
} from '../augment/index.ts';
import type { Random } from '../random.ts';
import type { ImageSet, Images } from './image-set.ts';
import { extraColours, type Method, padding } from './method.ts';
import type { PairSet, Pairs } from './pairs.ts';
import type { SegmentationBatch, SyntheticMasks } from './problems.ts';
import type { Recipe } from './recipe.ts';
import { Sampler } from './sampler.ts';

/** The cases of a session. */
export interface SessionData {
  train: PairSet;
  validation: PairSet;
  /** Of semi-supervised methods. */
  unlabelled?: ImageSet | null;
}

const warpPair = geometric(allWarps(), { padding });
const warpImages = (image: Tensor, generator: Generator): Tensor =>
  scope(() => {
    const frame = frameOf(image);
    return warpImage(image, samplingGrid(allWarps()(frame, generator), frame), { padding });
  });
const warpMask = geometricMask(allWarps(), { padding });

export class Batches {
  readonly samplers: Record<'real' | 'masks' | 'gan' | 'validation', Sampler> & {
    unlabelled?: Sampler;
  };
  readonly #data: SessionData;
  readonly #method: Method;
  readonly #recipe: Recipe;
  readonly #augmentation: Generator;
  readonly #colour: Generator;

  /**
   * @param seeds of the order of cases. @param augmentation draws the warps of all pairs and the colours of real ones.
   * @param colour draws the colours of synthetic images.
   */
  constructor(
    { method, recipe }: { method: Method; recipe: Recipe },
    data: SessionData,
    { seeds, augmentation, colour }: { seeds: Random; augmentation: Generator; colour: Generator },
  ) {
    this.#data = data;
    this.#method = method;
    this.#recipe = recipe;
    this.#augmentation = augmentation;
    this.#colour = colour;
    const sampler = (name: string, { count }: { count: number }) =>
      new Sampler(count, seeds.fork(name));
    this.samplers = {
      real: sampler('real', data.train),
      masks: sampler('masks', data.train),
      gan: sampler('gan pairs', data.train),
      validation: sampler('validation', data.validation),
      ...(data.unlabelled && { unlabelled: sampler('unlabelled', data.unlabelled) }),
    };
  }

  /** Level II, on the images of the session's method. */
  segmentation(): SegmentationBatch {
    const { batch, syntheticBatch } = this.#recipe;
    return scope(() => {
      const picked = this.#data.train.pick(this.samplers.real.next(batch));
      const { augmentation, synthesises, duplicates, semiSupervision } = this.#method;
      const real = augmentation
        ? { ...augmentation(picked, this.#augmentation), ids: picked.ids }
        : picked;
      return {
        real,
        synthetic: synthesises ? this.#synthetic(syntheticBatch, real.image) : null,
        duplicates: duplicates ? this.#duplicates(syntheticBatch) : null,
        unlabelled: semiSupervision ? this.#unlabelled(syntheticBatch) : null,
      };
    });
  }

  /** @param real images, since synthetic ones will be of their channels, size, type and device. */
  #synthetic(count: number, real: Tensor): SyntheticMasks {
    const { shape, dtype, device } = real;
    const like = { shape: [count, ...shape.slice(1)], dtype, device };
    return { ...this.masks(count), colours: extraColours.draw(like, this.#colour) };
  }

  /** The real images of the masks that would have synthetic ones, under the same warps and colours. */
  #duplicates(count: number): Pairs {
    const picked = this.#data.train.pick(this.samplers.masks.next(count));
    const { image, mask } = warpPair(picked, this.#augmentation);
    return { image: extraColours(image, this.#augmentation), mask, ids: picked.ids };
  }

  /** As many unlabelled images as others have synthetic ones, warped; their colours are the method's business. */
  #unlabelled(count: number): Images {
    const { unlabelled } = this.#data;
    if (!unlabelled || !this.samplers.unlabelled)
      throw new TypeError(`method ${this.#method.name} needs unlabelled images`);
    const { image, ids } = unlabelled.pick(this.samplers.unlabelled.next(count));
    return { image: warpImages(image, this.#augmentation), ids };
  }

  /** Real training masks, warped: what synthetic images are drawn for. */
  masks(count: number): { mask: Tensor; ids: readonly string[] } {
    const { mask, ids } = this.#data.train.pick(this.samplers.masks.next(count));
    return { mask: warpMask(mask, this.#augmentation), ids };
  }

  /** Level I: training pairs, image and mask warped together. */
  gan(): Pairs {
    return scope(() => {
      const picked = this.#data.train.pick(this.samplers.gan.next(this.#recipe.gan.batch));
      return { ...warpPair(picked, this.#augmentation), ids: picked.ids };
    });
  }

  /** Level III. */
  validation(): Pairs {
    const { validation } = this.#data;
    const count = Math.min(validation.count, this.#recipe.architecture.validationBatch);
    return validation.pick(this.samplers.validation.next(count));
  }
}
