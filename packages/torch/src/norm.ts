/**
 * Batch normalisation with a leaky ReLU behind it, whose derivatives up to the second are two passes over memory on a
 * CPU (native/norm.h). Elsewhere, and for other types than float32 and bfloat16, values and first derivatives are those of
 * LibTorch's operators, and the second is composed of them (native/norm_composed.h).
 */
import { native } from './binding.ts';
import { Tensor } from './ops.gen.ts';

/** [C] each. */
export interface RunningStatistics {
  mean: Tensor;
  variance: Tensor;
}

export interface NormaliseOptions {
  /** In training moved towards the batch's statistics by `momentum`; otherwise what normalises. */
  running?: RunningStatistics | undefined;
  /** Whether the batch's own statistics normalise; default true. */
  training?: boolean;
  momentum?: number;
  eps?: number;
  /** Of the activation that follows, below 0: 0 is ReLU; default 1, none. */
  negativeSlope?: number;
}

/** Each channel of [N, C, ...] by its own mean and variance over the batch, then weight and bias, [C]. */
export function normaliseBatch(
  input: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: NormaliseOptions = {},
): Tensor {
  const { running, training = true, momentum = 0.1, eps = 1e-5, negativeSlope = 1 } = options;
  const handles = [input.handle, weight.handle, bias.handle] as const;
  const statistics = [running?.mean.handle, running?.variance.handle] as const;
  const numbers = [momentum, eps, negativeSlope] as const;
  return new Tensor(native.normaliseBatch(...handles, ...statistics, training, ...numbers));
}
