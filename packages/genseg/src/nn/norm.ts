/**
 * Normalisation layers with PyTorch's key names, and the same as values that a model takes as its
 * `norm`. All are twice differentiable.
 */
import {
  instanceNorm,
  layerNorm,
  normaliseBatch,
  ones,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@genseg/torch';
import { activate } from './activation.ts';
import type { Stage } from './layer.ts';
import { type Buffer, Module, type Parameter } from './module.ts';
import { fullPrecision } from './precision.ts';

export interface BatchNormOptions {
  eps?: number;
  momentum?: number;
  /** Of a leaky ReLU that follows and is computed with it, below 0: 0 is ReLU; default 1, none. */
  negativeSlope?: number;
}

/**
 * Ioffe and Szegedy 2015. In training the batch's own statistics normalise, and move the running
 * ones unless statistics are frozen; in evaluation the running ones normalise.
 */
export class BatchNorm2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #mean: Buffer;
  readonly #variance: Buffer;
  readonly #batches: Buffer;
  readonly #eps: number;
  readonly #momentum: number;
  readonly #negativeSlope: number;
  #dissolved = false;

  constructor(channels: number, options: BatchNormOptions = {}) {
    const { eps = 1e-5, momentum = 0.1, negativeSlope = 1 } = options;
    super();
    this.weight = scope(() => this.parameter('weight', ones([channels])));
    this.bias = scope(() => this.parameter('bias', zeros([channels])));
    this.#mean = scope(() => this.buffer('running_mean', zeros([channels])));
    this.#variance = scope(() => this.buffer('running_var', ones([channels])));
    this.#batches = scope(() => this.buffer('num_batches_tracked', tensor(0, { dtype: 'int64' })));
    this.#eps = eps;
    this.#momentum = momentum;
    this.#negativeSlope = negativeSlope;
  }

  /** Whether nothing but the activation is left of it. */
  get dissolved(): boolean {
    return this.#dissolved;
  }

  /**
   * From now on does nothing but the activation.
   * @throws TypeError where it has been dissolved before. @returns what it did before that in evaluation: `scale x + shift`, by channel.
   */
  dissolve(): { scale: Tensor; shift: Tensor } {
    if (this.#dissolved) throw new TypeError('BatchNorm2d: has been dissolved before');
    this.#dissolved = true;
    const scale = this.weight.value.div(this.#variance.value.add(this.#eps).sqrt());
    return { scale, shift: this.bias.value.sub(this.#mean.value.mul(scale)) };
  }

  forward(input: Tensor): Tensor {
    if (this.#dissolved) return activate(input, this.#negativeSlope);
    const { training, tracksStatistics } = this;
    if (training) refuseSingleValue(input);
    if (training && tracksStatistics) this.#batches.value.add_(1);
    const running = { mean: this.#mean.value, variance: this.#variance.value };
    return normaliseBatch(input, this.weight.value, this.bias.value, {
      training,
      running: training && !tracksStatistics ? undefined : running,
      momentum: this.#momentum,
      eps: this.#eps,
      negativeSlope: this.#negativeSlope,
    });
  }
}

/** One value has no variance: its output would be the bias, and the running variance infinite. */
function refuseSingleValue(input: Tensor): void {
  const [n, , h, w] = input.shape;
  if (n * h * w > 1) return;
  throw new TypeError(
    `BatchNorm2d trains on more than one value per channel, got [${input.shape.join(', ')}]; ` +
      'take a larger batch or image, or a model of less depth',
  );
}

/** Ulyanov et al. 2016: each channel of each image by its own mean and variance. */
export class InstanceNorm2d extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly #eps: number;

  /** @param options.channels as many scales and shifts are trained; without it nothing is. */
  constructor(options: { eps?: number; channels?: number } = {}) {
    const { eps = 1e-5, channels } = options;
    super();
    const affine = channels !== undefined;
    this.weight = affine ? scope(() => this.parameter('weight', ones([channels]))) : null;
    this.bias = affine ? scope(() => this.parameter('bias', zeros([channels]))) : null;
    this.#eps = eps;
  }

  forward(input: Tensor): Tensor {
    const [weight, bias] = [this.weight?.value ?? null, this.bias?.value ?? null];
    return instanceNorm(input, weight, bias, null, null, true, 0, this.#eps, true);
  }
}

/** Ba et al. 2016: the channels of each token, the last dimension; the half types in float32, as autocast on GPUs. */
export class LayerNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #channels: number;
  readonly #eps: number;

  constructor(channels: number, options: { eps?: number } = {}) {
    const { eps = 1e-5 } = options;
    super();
    this.weight = scope(() => this.parameter('weight', ones([channels])));
    this.bias = scope(() => this.parameter('bias', zeros([channels])));
    this.#channels = channels;
    this.#eps = eps;
  }

  forward(input: Tensor): Tensor {
    return layerNorm(fullPrecision(input), [this.#channels], {
      weight: this.weight.value,
      bias: this.bias.value,
      eps: this.#eps,
    });
  }
}

/** A choice of normalisation, for models that leave it open. */
export interface Norm {
  /** Whether it subtracts each channel's mean: then a bias before it has no effect. */
  readonly centres: boolean;
  layer(channels: number): Stage;
}

export const byBatch: Norm = { centres: true, layer: (channels) => new BatchNorm2d(channels) };
export const byInstance: Norm = { centres: true, layer: () => new InstanceNorm2d() };
export const unnormalised: Norm = { centres: false, layer: () => (x) => x };
