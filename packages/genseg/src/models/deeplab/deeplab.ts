/**
 * DeepLabV3: Chen et al. 2017, "Rethinking Atrous Convolution for Semantic Image Segmentation", on a
 * ResNet-50 of output stride 8, in the layout and with the key names of torchvision's
 * deeplabv3_resnet50, so that weights load in both directions.
 */
import { type Generator, scope, type Tensor, upsampleBilinear2d } from '@genseg/torch';
import { Module, type Sequential } from '../../nn/index.ts';
import { auxiliaryHead, deepLabHead } from './heads.ts';
import { ResNetEncoder } from './resnet.ts';

export interface DeepLabV3Options {
  /** Channels of the first convolution; all others are in proportion. Default 64, torchvision's. */
  width?: number;
  /** Whether to have a second head, on the last stage of the encoder but one. Default false. */
  auxiliary?: boolean;
  /** Draws the first weights. */
  generator: Generator;
  /** Draws the dropout, so it lives on the model's device; its state is part of a training pass. */
  dropoutGenerator: Generator;
}

/** Side of an image with two features a side, px. */
const smallest = 16;

/** Images [N, channels, H, W] of 16 px or more to logits [N, planes, H, W]; one plane is binary. */
export class DeepLabV3 extends Module {
  readonly #encoder: ResNetEncoder;
  readonly #head: Sequential;
  readonly #auxiliaryHead: Sequential | null;
  /** Of `forwardDeep`: torchvision's reference training has half the auxiliary loss beside that of the logits. */
  readonly outputWeights: readonly number[];

  constructor(channels: number, planes: number, options: DeepLabV3Options) {
    const { width = 64, auxiliary = false, generator, dropoutGenerator } = options;
    super();
    const head = { channels: 4 * width, generator, dropoutGenerator };
    this.#encoder = this.child('backbone', new ResNetEncoder(channels, width, generator));
    const { shallow, deep } = this.#encoder.outChannels;
    this.#head = this.child('classifier', deepLabHead(deep, planes, head));
    this.#auxiliaryHead = auxiliary
      ? this.child('aux_classifier', auxiliaryHead(shallow, planes, head))
      : null;
    this.outputWeights = auxiliary ? [1, 0.5] : [1];
  }

  forward(image: Tensor): Tensor {
    this.#refuseUnfit(image);
    return scope(() => enlarged(this.#head.forward(this.#encoder.forward(image).deep), image));
  }

  /** The encoder's last features [N, channels, H / 8, W / 8]. */
  bottleneck(image: Tensor): Tensor {
    this.#refuseUnfit(image);
    return scope(() => this.#encoder.forward(image).deep);
  }

  /** Both at the cost of one. */
  forwardWithBottleneck(image: Tensor): { logits: Tensor; bottleneck: Tensor } {
    this.#refuseUnfit(image);
    return scope(() => {
      const { deep } = this.#encoder.forward(image);
      return { logits: enlarged(this.#head.forward(deep), image), bottleneck: deep };
    });
  }

  /**
   * The logits, and those of the auxiliary head, of the same shape: its loss, of less weight, can join
   * that of the logits in training. @throws TypeError where the model has no such head.
   */
  forwardWithAuxiliary(image: Tensor): { logits: Tensor; auxiliary: Tensor } {
    const auxiliaryHead = this.#auxiliaryHead;
    if (!auxiliaryHead) {
      throw new TypeError(
        'this DeepLabV3 has no auxiliary head; make it with { auxiliary: true }, or call forward',
      );
    }
    this.#refuseUnfit(image);
    return scope(() => {
      const { shallow, deep } = this.#encoder.forward(image);
      return {
        logits: enlarged(this.#head.forward(deep), image),
        auxiliary: enlarged(auxiliaryHead.forward(shallow), image),
      };
    });
  }

  /** What is trained: the logits, and those of the auxiliary head where there is one. */
  forwardDeep(image: Tensor): Tensor[] {
    if (!this.#auxiliaryHead) return [this.forward(image)];
    const { logits, auxiliary } = this.forwardWithAuxiliary(image);
    return [logits, auxiliary];
  }

  #refuseUnfit(image: Tensor): void {
    const [n, , height, width] = image.shape;
    if (Math.min(height, width) < smallest) {
      throw new TypeError(
        `DeepLabV3 takes images of ${smallest} x ${smallest} px or more, got ${height} x ${width}; ` +
          'enlarge them',
      );
    }
    if (this.training && n === 1) {
      throw new TypeError(
        'DeepLabV3 trains on batches of two images or more, got one: it normalises the means of whole ' +
          'images over the batch; take a larger batch, or call eval() first to predict',
      );
    }
  }
}

/** Logits [N, planes, H / 8, W / 8] in the image's size, by bilinear interpolation. */
function enlarged(logits: Tensor, image: Tensor): Tensor {
  const [, , height, width] = image.shape;
  return upsampleBilinear2d(logits, [height, width], false);
}
