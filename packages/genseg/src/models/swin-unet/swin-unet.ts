/**
 * Swin-UNet: Cao et al. 2021, "Swin-Unet: Unet-like Pure Transformer for Medical Image Segmentation", on
 * the blocks of Liu et al. 2021, "Swin Transformer" (the encoder is Swin-T with two blocks in each stage),
 * in the layout and with the key names of the official code.
 */
import { cat, type Generator, scope, type Tensor } from '@genseg/torch';
import {
  Conv2d,
  croppedTo,
  extendedToMultiple,
  type Layer,
  LayerNorm,
  type Linear,
  Module,
  paddedToMultiple,
} from '../../nn/index.ts';
import { linear, SwinBlock } from './block.ts';
import { PatchEmbedding, PatchExpanding, PatchMerging } from './patches.ts';

export interface SwinUNetOptions {
  /** Channels of the first stage; each stage below has twice as many. Default 96, the published. */
  width?: number;
  /** Side of a window of attention, in tokens of the stage. Default 7. */
  window?: number;
  /**
   * Probability that a sample skips the last block of the bottleneck in training (stochastic depth); it
   * falls linearly to 0 in the first. Default 0.1.
   */
  dropPath?: number;
  /** Draws the first weights. */
  generator: Generator;
  /** Draws the stochastic depth, so it lives on the model's device; its state is part of a training pass. */
  dropoutGenerator: Generator;
}

const patch = 4;
const stages = 4;
const blocksPerStage = 2;
/** Sides of images are brought to a multiple of it. */
const multiple = patch * 2 ** (stages - 1);

/** The heads of the first stage: of at least 32 channels each, Liu et al.'s number, and all alike. */
export function headsFor(width: number): number {
  const fits = (heads: number) => width % heads === 0 && width / heads >= 32;
  const largest = Math.floor(width / 32);
  return Array.from({ length: largest }, (_, i) => largest - i).find(fits) ?? 1;
}

/** Blocks at one size, and then the change of size where there is one. */
class Stage extends Module {
  readonly #steps: readonly Layer[];

  constructor(blocks: readonly SwinBlock[], resize?: readonly [name: string, layer: Layer]) {
    super();
    const numbered = blocks.map((block, i) => this.child(`blocks.${i}`, block));
    this.#steps = resize ? [...numbered, this.child(...resize)] : numbered;
  }

  forward(map: Tensor): Tensor {
    return scope(() => this.#steps.reduce((x, step) => step.forward(x), map));
  }
}

/** The encoder's features; skip connections from the top down. */
interface Encoded {
  bottleneck: Tensor;
  skips: Tensor[];
}

/** Images [N, channels, H, W] of any size to logits [N, planes, H, W]; one plane is binary. */
export class SwinUNet extends Module {
  readonly #embedding: PatchEmbedding;
  readonly #down: Stage[];
  readonly #up: Layer[];
  readonly #joins: Linear[];
  readonly #norm: LayerNorm;
  readonly #normUp: LayerNorm;
  readonly #enlarge: PatchExpanding;
  readonly #output: Conv2d;

  constructor(channels: number, planes: number, options: SwinUNetOptions) {
    const { width = 96, window = 7, dropPath = 0.1, generator, dropoutGenerator } = options;
    super();
    const heads = headsFor(width);
    const widthAt = (level: number) => width * 2 ** level;
    const levels = Array.from({ length: stages }, (_, level) => level);
    const last = stages - 1;
    const blocks = (level: number) =>
      Array.from({ length: blocksPerStage }, (_, i) => {
        const place = (level * blocksPerStage + i) / (stages * blocksPerStage - 1);
        return new SwinBlock(widthAt(level), {
          ...{ heads: heads * 2 ** level, window, shifted: i % 2 === 1 },
          ...{ dropPath: dropPath * place, generator, dropoutGenerator },
        });
      });
    const expanding = (level: number) =>
      new PatchExpanding(widthAt(level), widthAt(level - 1), { scale: 2, generator });

    this.#embedding = this.child(
      'patch_embed',
      new PatchEmbedding(channels, width, { patch, generator }),
    );
    this.#down = levels.map((level) => {
      const merging = () => ['downsample', new PatchMerging(widthAt(level), generator)] as const;
      const stage = new Stage(blocks(level), level < last ? merging() : undefined);
      return this.child(`layers.${level}`, stage);
    });
    this.#up = levels.map((step) => {
      const level = last - step; // of the input
      const upsample = () => ['upsample', expanding(level)] as const;
      const stage =
        step === 0
          ? expanding(level)
          : new Stage(blocks(level), level > 0 ? upsample() : undefined);
      return this.child(`layers_up.${step}`, stage);
    });
    this.#joins = levels.slice(1).map((step) => {
      const inside = widthAt(last - step);
      return this.child(`concat_back_dim.${step}`, linear(2 * inside, inside, { generator }));
    });
    this.#norm = this.child('norm', new LayerNorm(widthAt(last)));
    this.#normUp = this.child('norm_up', new LayerNorm(width));
    this.#enlarge = this.child('up', new PatchExpanding(width, width, { scale: patch, generator }));
    this.#output = this.child('output', new Conv2d(width, planes, 1, { bias: false, generator }));
  }

  forward(image: Tensor): Tensor {
    return scope(() =>
      paddedToMultiple(image, multiple, (input) => this.#decode(this.#encode(input))),
    );
  }

  /** The encoder's last features [N, channels, H / 32, W / 32]. */
  bottleneck(image: Tensor): Tensor {
    return scope(() =>
      this.#encode(extendedToMultiple(image, multiple)).bottleneck.permute([0, 3, 1, 2]),
    );
  }

  /** Both at the cost of one. */
  forwardWithBottleneck(image: Tensor): { logits: Tensor; bottleneck: Tensor } {
    return scope(() => {
      const encoded = this.#encode(extendedToMultiple(image, multiple));
      const bottleneck = encoded.bottleneck.permute([0, 3, 1, 2]);
      return { logits: croppedTo(image, this.#decode(encoded)), bottleneck };
    });
  }

  /** All [N, H / (4 2^level), W / (4 2^level), width 2^level]. */
  #encode(input: Tensor): Encoded {
    const skips: Tensor[] = [];
    let map = this.#embedding.forward(input);
    for (const stage of this.#down) {
      skips.push(map);
      map = stage.forward(map);
    }
    skips.pop(); // the bottleneck's own input is no skip connection
    return { bottleneck: this.#norm.forward(map), skips };
  }

  #decode({ bottleneck, skips }: Encoded): Tensor {
    let map = this.#up[0].forward(bottleneck);
    for (const [i, join] of this.#joins.entries()) {
      map = this.#up[i + 1].forward(join.forward(cat([map, skips.pop()!], { dim: 3 })));
    }
    const fine = this.#enlarge.forward(this.#normUp.forward(map)); // [N, H, W, width]
    return this.#output.forward(fine.permute([0, 3, 1, 2]));
  }
}
