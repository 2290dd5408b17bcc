/** A large tensor in slices along its first dimension, for work that treats elements apart. */
import type { Device, Tensor } from '@genseg/torch';

/**
 * How many elements to work on at once: on a CPU 512 KiB of float32, so that some such tensors fit a cache; on a GPU more,
 * as an operator on fewer costs as much.
 */
export const atOnce = (device: Device): number => (device === 'cpu' ? 2 ** 17 : 2 ** 22);

/** Up to how many elements tensors are joined: none on a CPU, where that was slower in every case that was measured. */
export const joinedAtMost = (device: Device): number => (device === 'cpu' ? 0 : atOnce(device));

/** The same part of every tensor of the shape that it was made for. */
export type Slice = (tensor: Tensor) => Tensor;

export const whole: Slice = (tensor) => tensor;

/** Views that cover the tensor, in order, of `atOnce` elements at most, where the first dimension allows. */
export function slicesOf({ shape, numel, dim, device }: Tensor): Slice[] {
  const largest = atOnce(device);
  if (numel <= largest || dim === 0) return [whole];
  const rows = Math.max(1, Math.floor(largest / (numel / shape[0])));
  return Array.from({ length: Math.ceil(shape[0] / rows) }, (_, i) => {
    const start = i * rows;
    const length = Math.min(rows, shape[0] - start);
    return (tensor) => tensor.narrow(0, start, length);
  });
}
