/**
 * Convolutions whose gradients of every order run on fast kernels (native/convolution.h). First gradients are
 * those of `conv2d`; second ones, which hypergradients need, take LibTorch's `conv2d` many times longer on
 * a CPU, and fail in bfloat16 there. Groups and unequal axes are left to `conv2d`. On a CPU results have the layout that
 * `configure({ imageLayout })` sets; on CUDA those in 16 bits are channels-last.
 */
import { native } from './binding.ts';
import { Tensor } from './ops.gen.ts';

export interface ConvolveOptions {
  /** Number added to each output channel, [outChannels]. */
  bias?: Tensor | undefined;
  /** Of both axes; default 1. */
  stride?: number;
  /** Zeros beyond each edge; default 0. */
  padding?: number;
  /** Distance of the kernel's taps; default 1. */
  dilation?: number;
}

function run(input: Tensor, weight: Tensor, options: ConvolveOptions, transposed: boolean): Tensor {
  const { bias, stride = 1, padding = 0, dilation = 1 } = options;
  const handles = [input.handle, weight.handle, bias?.handle] as const;
  return new Tensor(native.convolve(...handles, stride, padding, dilation, transposed));
}

/** Cross-correlation: [N, in, H, W] with a weight [out, in, k, k] to [N, out, H', W']. */
export const convolve = (input: Tensor, weight: Tensor, options: ConvolveOptions = {}): Tensor =>
  run(input, weight, options, false);

/** Its transpose: [N, in, H, W] with a weight [in, out, k, k] to [N, out, (H - 1) stride - 2 padding + k, ...]. */
export const convolveTransposed = (
  input: Tensor,
  weight: Tensor,
  options: ConvolveOptions = {},
): Tensor => run(input, weight, options, true);

/** `cat([a, b], { dim: 1 })` of images, whose gradients of every order keep the layout of images on a CPU (native/images.h). */
export const joinChannels = (a: Tensor, b: Tensor): Tensor =>
  new Tensor(native.joinChannels(a.handle, b.handle));

/**
 * sum_i shares_i kernels_i, the smaller kernels amid zeros, in one pass over memory, as are its derivatives of every order
 * (native/mixture.h; on other devices than a CPU one for each kernel). For float32, three kernels [., ., k, k] of k = 4, 6
 * and 8, and shares [3]; null for others.
 * Within `autocast` the result has its type, in which `convolve` takes it.
 */
export function mixKernels(kernels: readonly Tensor[], shares: Tensor): Tensor | null {
  const handle = native.mixKernels(
    kernels.map((kernel) => kernel.handle),
    shares.handle,
  );
  return handle === null ? null : new Tensor(handle);
}

/** `maxPool2d(input, 2)`, likewise (native/pool.h). A last odd row or column falls away. */
export const halveByMaximum = (input: Tensor): Tensor =>
  new Tensor(native.halveByMaximum(input.handle));
