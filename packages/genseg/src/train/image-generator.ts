/**
 * What a session needs of a generator of images from masks, and pix2pix as one. Another is a value of the same
 * type, given to `Session` as `imageGenerator`; nothing else knows which it is.
 */
import type { Device, Generator } from '@genseg/torch';
import { Architecture, candidates, generatorDepth, Pix2PixGenerator } from '../models/index.ts';
import type { Module } from '../nn/index.ts';
import type { MaskToImage } from './problems.ts';
import type { Recipe } from './recipe.ts';

export interface ImageGenerator {
  readonly name: string;
  /** What each level of the architecture chooses among, in words. */
  readonly candidates: readonly string[];
  /**
   * @param planes of masks: the foreground, or one per class. @param channels of images.
   * @param options.size side of the square images, px. @param options.recipe its depth and width.
   * @param options.generator draws the first weights, the architecture's first.
   * @param options.dropoutGenerator draws in training, on the device; nothing else may be random.
   */
  build(
    planes: number,
    channels: number,
    options: {
      size: number;
      recipe: Recipe['gan'];
      generator: Generator;
      dropoutGenerator: Generator;
      device: Device;
    },
  ): BuiltGenerator;
}

export interface BuiltGenerator {
  /**
   * Twice differentiable in its own weights and in the architecture. Statistics that it keeps of batches stay
   * where they are within `withFrozenStatistics`, as those of `BatchNorm2d` do.
   */
  generator: MaskToImage;
  /**
   * What the validation loss moves: one parameter a level, logits over the candidates. It is no child of the
   * generator, whose optimiser would move it too.
   */
  architecture: Module;
}

/** Isola et al. 2017, with mixed operations at every level (Zhang et al. 2025). */
export const pix2pix: ImageGenerator = {
  name: 'pix2pix',
  candidates: candidates.map(({ kernel }) => `${kernel} x ${kernel}`),
  build(planes, channels, { size, recipe, generator, dropoutGenerator, device }) {
    const depth = Math.min(recipe.depth, generatorDepth(size, size));
    const architecture = new Architecture(depth, { generator }).to(device);
    const { width } = recipe;
    const network = new Pix2PixGenerator(planes, channels, architecture, {
      ...{ width, generator, dropoutGenerator },
    }).to(device);
    return { generator: network, architecture };
  },
};
