/**
 * nnU-Net's residual U-Net with deep supervision: Isensee et al. 2021, "nnU-Net", with the residual
 * encoder of Isensee et al. 2024, "nnU-Net Revisited", as its planner configures it (levels.ts). Key names are those of dynamic-network-architectures' ResidualEncoderUNet. The loss of
 * deep supervision is `deepSupervisionLoss` in nn.
 */
import { cat, type Generator, scope, type Tensor } from '@genseg/torch';
import { Conv2d, ConvTranspose2d, extendedToMultiple, Module } from '../../nn/index.ts';
import { activate, ConvNorm, firstWeights, ResidualBlock } from './blocks.ts';
import { resUNetLevels, smallestSide } from './levels.ts';

export interface ResUNetOptions {
  /** Channels of the first level; each level below has twice as many, up to 16 times. Default 32, nnU-Net's. */
  width?: number;
  /** Side of the images that the model is planned for, px; it sets the number of halvings. */
  size: number;
  /** Draws the first weights. */
  generator: Generator;
}

/** From the features of one level to those of the level above. */
interface DecoderStep {
  enlarge: ConvTranspose2d;
  merge: ConvNorm;
  /** The lowest level's has no use: nnU-Net gives its loss the weight zero. */
  head: Conv2d | null;
}

/** Images [N, channels, H, W] of any size above 2^depth to logits [N, planes, H, W]; one plane is binary. */
export class ResUNet extends Module {
  readonly #stem: ConvNorm;
  readonly #stages: ResidualBlock[][];
  readonly #steps: DecoderStep[];

  constructor(channels: number, planes: number, options: ResUNetOptions) {
    const { width = 32, size, generator } = options;
    super();
    const levels = resUNetLevels(width, size);
    const depth = levels.length - 1;
    if (!(depth > 0)) {
      throw new TypeError(
        `ResUNet is planned for images of ${2 * smallestSide} px or more a side, got size ${size}; enlarge them`,
      );
    }

    const stem = new ConvNorm(channels, width, { generator });
    this.#stem = this.child('encoder.stem.convs.0', stem);
    this.#stages = levels.map(({ channels: here, blocks }, level) =>
      Array.from({ length: blocks }, (_, i) => {
        const halves = i === 0 && level > 0;
        const from = halves ? levels[level - 1].channels : here;
        const block = new ResidualBlock(from, here, { halves, generator });
        return this.child(`encoder.stages.${level}.blocks.${i}`, block);
      }),
    );
    this.#steps = levels.slice(1).map((_, step) => {
      const level = depth - 1 - step; // of the output
      const [below, here] = [levels[level + 1].channels, levels[level].channels];
      const first = { ...firstWeights, generator };
      return {
        enlarge: this.child(
          `decoder.transpconvs.${step}`,
          new ConvTranspose2d(below, here, 2, { stride: 2, ...first }),
        ),
        merge: this.child(
          `decoder.stages.${step}.convs.0`,
          new ConvNorm(2 * here, here, { generator }),
        ),
        head:
          step === 0 && depth > 1
            ? null
            : this.child(`decoder.seg_layers.${step}`, new Conv2d(here, planes, 1, first)),
      };
    });
  }

  forward(image: Tensor): Tensor {
    return scope(() => this.#logits(this.#features(this.#encode(image)), image, 0));
  }

  /**
   * The logits, and beside them those of the lower resolutions for deep supervision: half, a quarter, ...,
   * of ceil(H / 2), ceil(H / 4), ... px, without the lowest level of the decoder. Every parameter has a part in them.
   */
  forwardWithAuxiliary(image: Tensor): { logits: Tensor; auxiliary: Tensor[] } {
    return scope(() => {
      const features = this.#features(this.#encode(image));
      const [logits, ...auxiliary] = features
        .filter((_, level) => this.#headAt(level) !== null)
        .map((_, level) => this.#logits(features, image, level));
      return { logits, auxiliary };
    });
  }

  /** `forwardWithAuxiliary` as one list, the full resolution first, as `deepSupervisionLoss` takes it. */
  forwardDeep(image: Tensor): Tensor[] {
    const { logits, auxiliary } = this.forwardWithAuxiliary(image);
    return [logits, ...auxiliary];
  }

  #headAt(level: number): Conv2d | null {
    return this.#steps[this.#steps.length - 1 - level].head;
  }

  /** Logits of a level, without what the image was extended by. */
  #logits(features: readonly Tensor[], image: Tensor, level: number): Tensor {
    const [height, width] = image.shape.slice(2).map((side) => Math.ceil(side / 2 ** level));
    const logits = this.#headAt(level)!.forward(features[level]);
    return logits.narrow(2, 0, height).narrow(3, 0, width);
  }

  /** The encoder's last features [N, channels, H / 2^depth, W / 2^depth]. */
  bottleneck(image: Tensor): Tensor {
    return scope(() => this.#encode(image).at(-1)!);
  }

  /** Both at the cost of one. */
  forwardWithBottleneck(image: Tensor): { logits: Tensor; bottleneck: Tensor } {
    return scope(() => {
      const skips = this.#encode(image);
      const bottleneck = skips.at(-1)!;
      return { logits: this.#logits(this.#features(skips), image, 0), bottleneck };
    });
  }

  /** The encoder's features by level, of the extended image. */
  #encode(image: Tensor): Tensor[] {
    const multiple = 2 ** this.#steps.length;
    this.#refuseSinglePixel(image, multiple);
    let x = activate(this.#stem.forward(extendedToMultiple(image, multiple)));
    return this.#stages.map((blocks) => {
      x = blocks.reduce((input, block) => block.forward(input), x);
      return x;
    });
  }

  /** From the encoder's features to the decoder's by level, [N, channels, H / 2^level, W / 2^level] of the extended image. */
  #features(encoded: readonly Tensor[]): Tensor[] {
    const skips = encoded.slice(0, -1);
    let x = encoded.at(-1)!;
    const features = this.#steps.map(({ enlarge, merge }) => {
      x = activate(merge.forward(cat([enlarge.forward(x), skips.pop()!], { dim: 1 })));
      return x;
    });
    return features.reverse();
  }

  /** Of one pixel instance normalisation leaves nothing but its shift. */
  #refuseSinglePixel(image: Tensor, multiple: number): void {
    const [, , height, width] = image.shape;
    if (Math.max(height, width) > multiple) return;
    throw new TypeError(
      `ResUNet of ${this.#steps.length} halvings takes images of more than ${multiple} px in height or ` +
        `width, got ${height} x ${width}; enlarge them, or plan the model for their size`,
    );
  }
}
