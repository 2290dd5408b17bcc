/** The first values of weights. Each is a value that a layer takes as its `init`. */
import { empty, full, type Generator, type Tensor, tensor } from '@genseg/torch';

/** @param fanIn number of input values that one output value sums over. */
export type Init = (shape: readonly number[], fanIn: number, generator: Generator) => Tensor;

/**
 * He et al. 2015, "Delving Deep into Rectifiers", eq. 14, for leaky ReLUs of the given slope.
 * The default slope makes the bound 1 / sqrt(fanIn), which PyTorch takes for weights and biases.
 */
export const kaimingUniform =
  ({ slope = Math.sqrt(5) }: { slope?: number } = {}): Init =>
  (shape, fanIn, generator) => {
    const bound = Math.sqrt(6 / ((1 + slope ** 2) * fanIn));
    return empty(shape).uniform_({ from: -bound, to: bound, generator });
  };

/** The same equation with a normal distribution of that variance. */
export const kaimingNormal =
  ({ slope = 0 }: { slope?: number } = {}): Init =>
  (shape, fanIn, generator) =>
    empty(shape).normal_({ std: Math.sqrt(2 / ((1 + slope ** 2) * fanIn)), generator });

/**
 * He et al. 2015, eq. 14 for the backward pass: variance 2 / fanOut, where fanOut is the number of output
 * values that one input value of a convolution takes part in. torchvision takes it for ResNets.
 */
export const kaimingNormalByFanOut: Init = (shape, _fanIn, generator) => {
  const [outChannels, , ...kernel] = shape;
  const fanOut = kernel.reduce((product, size) => product * size, outChannels);
  return empty(shape).normal_({ std: Math.sqrt(2 / fanOut), generator });
};

/** pix2pix takes `normal({ std: 0.02 })` for kernels. */
export const normal =
  ({ mean = 0, std = 1 }: { mean?: number; std?: number } = {}): Init =>
  (shape, _fanIn, generator) =>
    empty(shape).normal_({ mean, std, generator });

/**
 * A normal distribution of mean 0 without what is beyond `bound` on either side, by inverting its
 * distribution function, as PyTorch's trunc_normal_ does. The default bound leaves out one value in two
 * million; at a farther one float32 rounds the share inside to 1, and now and then draws the bound itself.
 */
export const truncatedNormal =
  ({ std, bound = 5 * std }: { std: number; bound?: number }): Init =>
  (shape, _fanIn, generator) => {
    const inside = tensor(bound / (std * Math.SQRT2), { dtype: 'float64' })
      .erf()
      .item();
    return empty(shape)
      .uniform_({ from: -inside, to: inside, generator })
      .erfinv()
      .mul(std * Math.SQRT2)
      .clamp_({ min: -bound, max: bound });
  };

export const constant =
  (value: number): Init =>
  (shape) =>
    full(shape, value, { dtype: 'float32' });
