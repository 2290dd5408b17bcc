/** A large tensor in slices along its first dimension, for work that treats elements apart. */
import type { Tensor } from '@genseg/torch';

/** Elements of a slice at most, where the first dimension allows: 512 KiB of float32, so that some fit a cache. */
const largest = 2 ** 17;

/** The same part of every tensor of the shape that it was made for. */
export type Slice = (tensor: Tensor) => Tensor;

export const whole: Slice = (tensor) => tensor;

/** Views that cover the tensor, in order. */
export function slicesOf({ shape, numel, dim }: Tensor): Slice[] {
  if (numel <= largest || dim === 0) return [whole];
  const rows = Math.max(1, Math.floor(largest / (numel / shape[0])));
  return Array.from({ length: Math.ceil(shape[0] / rows) }, (_, i) => {
    const start = i * rows;
    const length = Math.min(rows, shape[0] - start);
    return (tensor) => tensor.narrow(0, start, length);
  });
}
