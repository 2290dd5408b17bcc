/** The activations that a normalisation can compute with it, by one number. */
import { leakyRelu, relu, type Tensor } from '@genseg/torch';

/** Leaky ReLU. @param negativeSlope below 0: 0 is ReLU, 1 nothing. */
export function activate(x: Tensor, negativeSlope: number): Tensor {
  if (negativeSlope === 1) return x;
  return negativeSlope === 0 ? relu(x) : leakyRelu(x, { negativeSlope });
}
