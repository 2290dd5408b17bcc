/**
 * The discriminator of mask-image pairs: Isola et al. 2017, "PatchGAN" (appendix 6.1.2). Each logit
 * judges one patch. By batch, the key names are those of the reference `NLayerDiscriminator`.
 */
import { cat, type Generator, type Tensor } from '@genseg/torch';
import {
  byBatch,
  Conv2d,
  constant,
  Module,
  type Norm,
  normal,
  Sequential,
  type Stage,
} from '../../nn/index.ts';

export interface PatchDiscriminatorOptions {
  /** Channels of the first layer; they double up to eight times as many. Default 64. */
  width?: number;
  /** Halving layers. A logit sees 34 x 34 pixels with 2, 70 x 70 with 3 (default), 142 x 142 with 4. */
  layers?: number;
  /** Default `byBatch`. */
  norm?: Norm;
  /** Draws the first weights. */
  generator: Generator;
}

const leaky: Stage = (x) => x.leakyRelu({ negativeSlope: 0.2 });

/** Masks and images, [N, ., H, W] in [0, 1], to logits [N, 1, h, w], high for real pairs. */
export class PatchDiscriminator extends Module {
  readonly #model: Sequential;
  readonly #smallest: number;

  constructor(maskChannels: number, imageChannels: number, options: PatchDiscriminatorOptions) {
    const { width = 64, layers = 3, norm = byBatch, generator } = options;
    super();
    const start = { init: normal({ std: 0.02 }), biasInit: constant(0), generator };
    const conv = (inChannels: number, outChannels: number, stride: number, bias: boolean) =>
      new Conv2d(inChannels, outChannels, 4, { stride, padding: 1, bias, ...start });
    const channels = (layer: number) => width * Math.min(2 ** layer, 8);

    const stages: Stage[] = [conv(maskChannels + imageChannels, width, 2, true), leaky];
    for (let layer = 1; layer <= layers; layer++) {
      const stride = layer < layers ? 2 : 1;
      const outChannels = channels(layer);
      stages.push(
        conv(channels(layer - 1), outChannels, stride, !norm.centres),
        norm.layer(outChannels),
        leaky,
      );
    }
    stages.push(conv(channels(layers), 1, 1, true));
    this.#model = this.child('model', new Sequential(stages));
    this.#smallest = 3 * 2 ** layers; // two convolutions of stride 1 take a pixel each
  }

  forward(masks: Tensor, images: Tensor): Tensor {
    const pair = cat([masks, images], { dim: 1 });
    const [, , height, width] = pair.shape;
    if (Math.min(height, width) < this.#smallest) {
      throw new TypeError(
        `PatchDiscriminator: images of ${height} x ${width} are smaller than its patches; ` +
          `enlarge them to ${this.#smallest} x ${this.#smallest}, or take fewer layers`,
      );
    }
    return this.#model.forward(pair.mul(2).sub(1)); // [-1, 1], as in pix2pix
  }
}
