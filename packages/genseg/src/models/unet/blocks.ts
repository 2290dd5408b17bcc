/** The parts of the U-Net, with the key names of milesial's Pytorch-UNet. */
import {
  type Generator,
  halveByMaximum,
  joinChannels,
  scope,
  type Tensor,
  upsampleBilinear2d,
} from '@genseg/torch';
import {
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Module,
  Sequential,
  type Stage,
} from '../../nn/index.ts';

/** The place of a ReLU, which the normalisation before it computes, in the numbers of a sequence. */
const activated: Stage = (x) => x;

/** Twice: 3x3 convolution, batch normalisation, ReLU. */
export class DoubleConv extends Module {
  readonly #stages: Sequential;

  constructor(
    inChannels: number,
    outChannels: number,
    options: { middle?: number; generator: Generator },
  ) {
    const { middle = outChannels, generator } = options;
    super();
    const conv = { padding: 1, bias: false, generator }; // the normalisation has a bias
    const relu = { negativeSlope: 0 };
    this.#stages = this.child(
      'double_conv',
      new Sequential([
        new Conv2d(inChannels, middle, 3, conv),
        new BatchNorm2d(middle, relu),
        activated,
        new Conv2d(middle, outChannels, 3, conv),
        new BatchNorm2d(outChannels, relu),
        activated,
      ]),
    );
  }

  forward(input: Tensor): Tensor {
    return this.#stages.forward(input);
  }
}

/** Halves height and width. */
export class Down extends Module {
  readonly #stages: Sequential;

  constructor(inChannels: number, outChannels: number, generator: Generator) {
    super();
    this.#stages = this.child(
      'maxpool_conv',
      new Sequential([halveByMaximum, new DoubleConv(inChannels, outChannels, { generator })]),
    );
  }

  forward(input: Tensor): Tensor {
    return this.#stages.forward(input);
  }
}

const doubled = (x: Tensor): Tensor => {
  const [, , height, width] = x.shape;
  return upsampleBilinear2d(x, [2 * height, 2 * width], true);
};

/** Doubles height and width and joins the skip connection. */
export class Up extends Module {
  readonly #enlarge: (x: Tensor) => Tensor;
  readonly #conv: DoubleConv;

  /** @param inChannels of the skip connection and what comes from below together. */
  constructor(
    inChannels: number,
    outChannels: number,
    options: { bilinear: boolean; generator: Generator },
  ) {
    const { bilinear, generator } = options;
    super();
    const half = inChannels / 2;
    if (bilinear) {
      this.#enlarge = doubled;
    } else {
      const up = this.child(
        'up',
        new ConvTranspose2d(inChannels, half, 2, { stride: 2, generator }),
      );
      this.#enlarge = (x) => up.forward(x);
    }
    const middle = bilinear ? half : outChannels;
    this.#conv = this.child('conv', new DoubleConv(inChannels, outChannels, { middle, generator }));
  }

  forward(below: Tensor, skip: Tensor): Tensor {
    return scope(() => this.#conv.forward(joinChannels(skip, this.#enlarge(below))));
  }
}

/** From features to logits. */
export class OutConv extends Module {
  readonly #conv: Conv2d;

  constructor(inChannels: number, outChannels: number, generator: Generator) {
    super();
    this.#conv = this.child('conv', new Conv2d(inChannels, outChannels, 1, { generator }));
  }

  forward(input: Tensor): Tensor {
    return this.#conv.forward(input);
  }
}
