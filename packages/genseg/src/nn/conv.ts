/** Convolutions, with PyTorch's shapes, key names and default initialisation. */
import {
  convolve,
  convolveTransposed,
  type Generator,
  noGrad,
  scope,
  type Tensor,
  zerosLike,
} from '@genseg/torch';
import { type Init, kaimingUniform } from './init.ts';
import { Module, type Parameter } from './module.ts';

export interface ConvOptions {
  stride?: number;
  padding?: number;
  /** Whether to add a trained number to each output channel; default true. */
  bias?: boolean;
  init?: Init;
  biasInit?: Init;
  /** Draws the first weights. */
  generator: Generator;
}

/** Cross-correlation: [N, inChannels, H, W] to [N, outChannels, H', W']. */
export class Conv2d extends Module {
  readonly weight: Parameter; // [outChannels, inChannels, kernel, kernel]
  #bias: Parameter | null; // [outChannels]
  readonly #stride: number;
  readonly #padding: number;
  readonly #dilation: number;

  /** @param options.dilation the distance of the kernel's taps, the rate of an atrous convolution; default 1. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: number,
    options: ConvOptions & { dilation?: number },
  ) {
    const { stride = 1, padding = 0, dilation = 1, bias = true, generator } = options;
    const { init = kaimingUniform(), biasInit = kaimingUniform() } = options;
    super();
    const shape = [outChannels, inChannels, kernel, kernel];
    const fanIn = inChannels * kernel ** 2;
    this.weight = scope(() => this.parameter('weight', init(shape, fanIn, generator)));
    this.#bias = bias
      ? scope(() => this.parameter('bias', biasInit([outChannels], fanIn, generator)))
      : null;
    this.#stride = stride;
    this.#padding = padding;
    this.#dilation = dilation;
  }

  get bias(): Parameter | null {
    return this.#bias;
  }

  /** Gives `scale y + shift` from now on where it gave y, without another operation; both are [outChannels]. */
  absorb(scale: Tensor, shift: Tensor): void {
    scope(() =>
      noGrad(() => {
        this.#bias ??= this.parameter('bias', zerosLike(shift));
        this.weight.value.mul_(scale.reshape([-1, 1, 1, 1]));
        this.#bias.value.mul_(scale).add_(shift);
      }),
    );
  }

  forward(input: Tensor): Tensor {
    return convolve(input, this.weight.value, {
      bias: this.#bias?.value,
      stride: this.#stride,
      padding: this.#padding,
      dilation: this.#dilation,
    });
  }
}

/** The transpose of Conv2d: [N, inChannels, H, W] to [N, outChannels, H', W']. */
export class ConvTranspose2d extends Module {
  readonly weight: Parameter; // [inChannels, outChannels, kernel, kernel]
  readonly bias: Parameter | null; // [outChannels]
  readonly #stride: number;
  readonly #padding: number;

  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvOptions) {
    const { stride = 1, padding = 0, bias = true, generator } = options;
    const { init = kaimingUniform(), biasInit = kaimingUniform() } = options;
    super();
    const shape = [inChannels, outChannels, kernel, kernel];
    const fanIn = outChannels * kernel ** 2; // as PyTorch counts it, from the weight's second size
    this.weight = scope(() => this.parameter('weight', init(shape, fanIn, generator)));
    this.bias = bias
      ? scope(() => this.parameter('bias', biasInit([outChannels], fanIn, generator)))
      : null;
    this.#stride = stride;
    this.#padding = padding;
  }

  forward(input: Tensor): Tensor {
    return convolveTransposed(input, this.weight.value, {
      bias: this.bias?.value,
      stride: this.#stride,
      padding: this.#padding,
    });
  }
}
