/**
 * The segmentation model: Ronneberger et al. 2015, "U-Net", in the layout and with the key names of
 * milesial's Pytorch-UNet (padded convolutions, batch normalisation), so that its weights load there.
 */
import { type Generator, scope, type Tensor } from '@genseg/torch';
import { croppedTo, extendedToMultiple, Module, paddedToMultiple } from '../../nn/index.ts';
import { DoubleConv, Down, OutConv, Up } from './blocks.ts';

export interface UNetOptions {
  /** Channels of the first level; each level below has twice as many. Default 64. */
  width?: number;
  /** Number of halvings. Default 4. */
  depth?: number;
  /** Enlarge by interpolation, with fewer weights, instead of transposed convolution. */
  bilinear?: boolean;
  /** Draws the first weights. */
  generator: Generator;
}

/** Images [N, inChannels, H, W] of any size to logits [N, classes, H, W]; one class is binary. */
export class UNet extends Module {
  readonly #inc: DoubleConv;
  readonly #downs: Down[];
  readonly #ups: Up[];
  readonly #outc: OutConv;

  constructor(inChannels: number, classes: number, options: UNetOptions) {
    const { width = 64, depth = 4, bilinear = false, generator } = options;
    super();
    const channels = (level: number) => width * 2 ** level;
    // Interpolation keeps the channels, so what it enlarges has half of them already.
    const halved = bilinear ? 2 : 1;
    const levels = Array.from({ length: depth }, (_, i) => i + 1);

    this.#inc = this.child('inc', new DoubleConv(inChannels, width, { generator }));
    this.#downs = levels.map((level) => {
      const outChannels = channels(level) / (level === depth ? halved : 1);
      return this.child(`down${level}`, new Down(channels(level - 1), outChannels, generator));
    });
    this.#ups = levels.map((step) => {
      const level = depth - step; // of the output
      const outChannels = channels(level) / (level > 0 ? halved : 1);
      return this.child(
        `up${step}`,
        new Up(channels(level + 1), outChannels, { bilinear, generator }),
      );
    });
    this.#outc = this.child('outc', new OutConv(width, classes, generator));
  }

  forward(images: Tensor): Tensor {
    return paddedToMultiple(images, this.#multiple, (input) => this.#decode(this.#encode(input)));
  }

  /** The encoder's last features [N, channels, H / 2^depth, W / 2^depth]. */
  bottleneck(images: Tensor): Tensor {
    return scope(() => this.#encode(extendedToMultiple(images, this.#multiple)).at(-1)!);
  }

  /** Both at the cost of one. */
  forwardWithBottleneck(images: Tensor): { logits: Tensor; bottleneck: Tensor } {
    return scope(() => {
      const features = this.#encode(extendedToMultiple(images, this.#multiple));
      const bottleneck = features.at(-1)!;
      return { logits: croppedTo(images, this.#decode(features)), bottleneck };
    });
  }

  get #multiple(): number {
    return 2 ** this.#downs.length;
  }

  /** Features by level, [N, width 2^level, H / 2^level, W / 2^level]. */
  #encode(input: Tensor): Tensor[] {
    const features = [this.#inc.forward(input)];
    for (const down of this.#downs) features.push(down.forward(features.at(-1)!));
    return features;
  }

  #decode(features: readonly Tensor[]): Tensor {
    const skips = features.slice(0, -1);
    const top = this.#ups.reduce((x, up) => up.forward(x, skips.pop()!), features.at(-1)!);
    return this.#outc.forward(top);
  }
}
