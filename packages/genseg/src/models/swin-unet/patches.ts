/**
 * From pixels to tokens, and between maps of tokens of different size: Liu et al. 2021, sect. 3.1, and Cao
 * et al. 2021, "Swin-Unet", sect. 3.4. Maps of tokens are [N, H, W, C].
 */
import { cat, type Generator, scope, type Tensor } from '@genseg/torch';
import { Conv2d, LayerNorm, type Linear, Module } from '../../nn/index.ts';
import { linear } from './block.ts';

/** Images [N, channels, H, W] to one token for each patch, [N, H / patch, W / patch, C]. */
export class PatchEmbedding extends Module {
  readonly #proj: Conv2d;
  readonly #norm: LayerNorm;

  constructor(
    channels: number,
    outChannels: number,
    { patch, generator }: { patch: number; generator: Generator },
  ) {
    super();
    this.#proj = this.child(
      'proj',
      new Conv2d(channels, outChannels, patch, { stride: patch, generator }),
    );
    this.#norm = this.child('norm', new LayerNorm(outChannels));
  }

  forward(image: Tensor): Tensor {
    return scope(() => this.#norm.forward(this.#proj.forward(image).permute([0, 2, 3, 1])));
  }
}

/** Halves both sides and doubles the channels: each 2 x 2 tokens become one. */
export class PatchMerging extends Module {
  readonly #reduction: Linear;
  readonly #norm: LayerNorm;

  constructor(channels: number, generator: Generator) {
    super();
    this.#reduction = this.child(
      'reduction',
      linear(4 * channels, 2 * channels, { bias: false, generator }),
    );
    this.#norm = this.child('norm', new LayerNorm(4 * channels));
  }

  forward(map: Tensor): Tensor {
    const [n, height, width, channels] = map.shape;
    return scope(() => {
      const pairs = map.reshape([n, height / 2, 2, width / 2, 2, channels]);
      const token = (row: number, column: number) => pairs.select(2, row).select(3, column);
      const joined = cat([token(0, 0), token(1, 0), token(0, 1), token(1, 1)], { dim: 3 });
      return this.#reduction.forward(this.#norm.forward(joined));
    });
  }
}

/** Multiplies both sides by `scale`: the channels of a token become those of scale x scale tokens. */
export class PatchExpanding extends Module {
  readonly #expand: Linear;
  readonly #norm: LayerNorm;
  readonly #outChannels: number;
  readonly #scale: number;

  constructor(
    channels: number,
    outChannels: number,
    { scale, generator }: { scale: number; generator: Generator },
  ) {
    super();
    this.#expand = this.child(
      'expand',
      linear(channels, scale ** 2 * outChannels, { bias: false, generator }),
    );
    this.#norm = this.child('norm', new LayerNorm(outChannels));
    this.#outChannels = outChannels;
    this.#scale = scale;
  }

  forward(map: Tensor): Tensor {
    const [n, height, width] = map.shape;
    const [scale, channels] = [this.#scale, this.#outChannels];
    return scope(() =>
      this.#norm.forward(
        this.#expand
          .forward(map)
          .reshape([n, height, width, scale, scale, channels])
          .transpose(2, 3)
          .reshape([n, scale * height, scale * width, channels]),
      ),
    );
  }
}
