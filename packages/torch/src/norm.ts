/**
 * Batch normalisation in training, with a second derivative in two passes over memory on a CPU, where LibTorch's
 * takes some thirty (native/norm.h). Elsewhere, and for other types than float32 and bfloat16, it is `batchNorm`.
 */
import { native } from './binding.ts';
import { Tensor } from './ops.gen.ts';

/** What moves: [C] each; both or none. */
export interface RunningStatistics {
  mean: Tensor;
  variance: Tensor;
}

/**
 * Each channel of [N, C, ...] by its own mean and variance over the batch, then weight and bias, [C].
 * @param options.running moved towards the batch's statistics by `momentum`.
 */
export function normaliseBatch(
  input: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: { running?: RunningStatistics | undefined; momentum?: number; eps?: number } = {},
): Tensor {
  const { running, momentum = 0.1, eps = 1e-5 } = options;
  const handles = [input.handle, weight.handle, bias.handle] as const;
  const statistics = [running?.mean.handle, running?.variance.handle] as const;
  return new Tensor(native.normaliseBatch(...handles, ...statistics, momentum, eps));
}
