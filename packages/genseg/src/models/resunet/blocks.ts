/** The parts of the residual U-Net, with the key names of nnU-Net's. */
import { avgPool2d, type Generator, leakyRelu, scope, type Tensor } from '@genseg/torch';
import { Conv2d, constant, InstanceNorm2d, kaimingNormal, Module } from '../../nn/index.ts';

const slope = 0.01;

/** The network's one non-linearity, a leaky ReLU. */
export const activate = (x: Tensor): Tensor => leakyRelu(x, { negativeSlope: slope });

/** What weights of convolutions begin as; their biases begin at zero. */
export const firstWeights = { init: kaimingNormal({ slope }), biasInit: constant(0) };

/** A convolution and instance normalisation, of which each channel's scale and shift are trained. */
export class ConvNorm extends Module {
  readonly norm: InstanceNorm2d;
  readonly #conv: Conv2d;

  constructor(
    inChannels: number,
    outChannels: number,
    options: { kernel?: 1 | 3; stride?: number; bias?: boolean; generator: Generator },
  ) {
    const { kernel = 3, stride = 1, bias = true, generator } = options;
    super();
    const conv = { stride, padding: (kernel - 1) / 2, bias, ...firstWeights, generator };
    this.#conv = this.child('conv', new Conv2d(inChannels, outChannels, kernel, conv));
    this.norm = this.child('norm', new InstanceNorm2d({ channels: outChannels }));
  }

  forward(input: Tensor): Tensor {
    return scope(() => this.norm.forward(this.#conv.forward(input)));
  }
}

/**
 * x + F(x) with F of two convolutions. Where a block halves, x is averaged over 2 x 2 pixels and then
 * brought to the new number of channels (ResNet-D: He et al. 2019, "Bag of Tricks").
 */
export class ResidualBlock extends Module {
  readonly #first: ConvNorm;
  readonly #second: ConvNorm;
  readonly #skip: (x: Tensor) => Tensor;

  /** @param options.halves height and width, which must be even; only then may the channels change. */
  constructor(
    inChannels: number,
    outChannels: number,
    options: { halves: boolean; generator: Generator },
  ) {
    const { halves, generator } = options;
    super();
    const stride = halves ? 2 : 1;
    this.#first = this.child('conv1', new ConvNorm(inChannels, outChannels, { stride, generator }));
    this.#second = this.child('conv2', new ConvNorm(outChannels, outChannels, { generator }));
    // As in nnU-Net, F is zero at first, so that a stage begins as its skips.
    scope(() => {
      this.#second.norm.weight!.value.detach().fill_(0);
    });

    const shortened = (x: Tensor) => (halves ? avgPool2d(x, 2) : x);
    if (inChannels === outChannels) {
      this.#skip = shortened;
    } else {
      const point = { kernel: 1, bias: false, generator } as const;
      const project = this.child('skip.1', new ConvNorm(inChannels, outChannels, point));
      this.#skip = (x) => project.forward(shortened(x));
    }
  }

  forward(input: Tensor): Tensor {
    return scope(() => {
      const residual = this.#second.forward(activate(this.#first.forward(input)));
      return activate(residual.add(this.#skip(input)));
    });
  }
}
