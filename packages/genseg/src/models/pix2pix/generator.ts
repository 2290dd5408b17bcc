/**
 * The generator of images from masks: the U-Net of Isola et al. 2017, "pix2pix" (appendix 6.1.1), with
 * every convolution a mixed operation over candidate kernels, in the encoder and in the decoder.
 */
import { type Generator, joinChannels, relu, type Tensor } from '@genseg/torch';
import {
  activate,
  BatchNorm2d,
  Dropout,
  fullPrecision,
  Module,
  type Parameter,
  paddedToMultiple,
} from '../../nn/index.ts';
import type { Architecture } from './architecture.ts';
import { doubling, halving, MixedOp, type Resampling } from './mixed-op.ts';

export interface Pix2PixGeneratorOptions {
  /** Channels of the outermost level; they double inwards up to eight times as many. Default 64. */
  width?: number;
  /** Probability of dropout in the inner decoder levels. Default 0.5. */
  dropout?: number;
  /** Draws the first weights. */
  generator: Generator;
  /** Draws the dropout, so it lives on the model's device; its state is part of a forward pass. */
  dropoutGenerator: Generator;
}

/** The depth at which an image of this size shrinks to about one pixel: 7 for 128, 8 (pix2pix's) from 256. */
export const generatorDepth = (height: number, width: number): number =>
  Math.min(8, Math.max(1, Math.floor(Math.log2(Math.min(height, width)))));

interface LevelOptions {
  resampling: Resampling;
  normalised: boolean;
  /** Of the leaky ReLU behind it, below 0: 0 is ReLU, 1 none. */
  negativeSlope: number;
  dropout?: Dropout;
  generator: Generator;
}

/**
 * A mixed operation, normalisation and dropout where the level has them, and an activation. Dropout scales values by
 * what is not negative, so the activation may come before it.
 */
class Level extends Module {
  readonly #op: MixedOp;
  readonly #norm: BatchNorm2d | null;
  readonly #negativeSlope: number;
  readonly #dropout: Dropout | null;

  constructor(inChannels: number, outChannels: number, alpha: Parameter, options: LevelOptions) {
    const { resampling, normalised, negativeSlope, dropout, generator } = options;
    super();
    const op = { resampling, bias: !normalised, generator };
    this.#op = this.child('op', new MixedOp(inChannels, outChannels, alpha, op));
    this.#norm = normalised
      ? this.child('norm', new BatchNorm2d(outChannels, { negativeSlope }))
      : null;
    this.#negativeSlope = negativeSlope;
    this.#dropout = dropout ? this.child('dropout', dropout) : null;
  }

  forward(input: Tensor): Tensor {
    const x = this.#op.forward(input);
    const activated = this.#norm?.forward(x) ?? activate(x, this.#negativeSlope);
    return this.#dropout ? this.#dropout.forward(activated) : activated;
  }
}

/**
 * Masks [N, maskChannels, H, W] of zeros and ones, of any size, to images [N, imageChannels, H, W] in
 * [0, 1]. Inside, as in pix2pix, both range over [-1, 1].
 */
export class Pix2PixGenerator extends Module {
  readonly #downs: Level[];
  readonly #ups: Level[];

  /** @param architecture gives the depth and the shares of the candidates; it is not a child of this. */
  constructor(
    maskChannels: number,
    imageChannels: number,
    architecture: Architecture,
    options: Pix2PixGeneratorOptions,
  ) {
    const { width = 64, dropout = 0.5, generator, dropoutGenerator } = options;
    super();
    const { depth } = architecture;
    const channels = (level: number) => width * Math.min(2 ** (level - 1), 8);

    this.#downs = architecture.encoder.map((alpha, i) => {
      const level = i + 1;
      const inChannels = level === 1 ? maskChannels : channels(level - 1);
      const normalised = level > 1 && level < depth; // the bottleneck's one pixel has no variance
      const negativeSlope = level < depth ? 0.2 : 0;
      const options = { resampling: halving, normalised, negativeSlope, generator };
      return this.child(`down${level}`, new Level(inChannels, channels(level), alpha, options));
    });
    this.#ups = architecture.decoder.map((alpha, i) => {
      const level = depth - i; // of the input
      const inChannels = channels(level) * (level === depth ? 1 : 2); // with the skip connection
      const outChannels = level === 1 ? imageChannels : channels(level - 1);
      const drops = level < depth && level > 4; // between levels of full width
      const options = {
        resampling: doubling,
        normalised: level > 1,
        negativeSlope: level > 1 ? 0 : 1,
        dropout: drops ? new Dropout(dropout, dropoutGenerator) : undefined,
        generator,
      };
      return this.child(`up${i + 1}`, new Level(inChannels, outChannels, alpha, options));
    });
  }

  forward(masks: Tensor): Tensor {
    return paddedToMultiple(masks, 2 ** this.#downs.length, (input) => {
      const features: Tensor[] = []; // [N, channels, H / 2^level, W / 2^level]
      for (const down of this.#downs) {
        features.push(down.forward(features.at(-1) ?? input.mul(2).sub(1)));
      }
      const bottleneck = features.pop()!;
      const [innermost, ...outer] = this.#ups;
      // The skip connections go through a ReLU, to which a leaky ReLU before it makes no difference.
      const top = outer.reduce(
        (below, up) => up.forward(joinChannels(relu(features.pop()!), below)),
        innermost.forward(bottleneck),
      );
      return fullPrecision(top).tanh().add(1).div(2);
    });
  }
}
