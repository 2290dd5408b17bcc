/** One searchable level of the generator: a mixed operation over the candidates. */
import { convolve, convolveTransposed, type Generator, scope, type Tensor } from '@genseg/torch';
import { constant, Module, normal, type Parameter } from '../../nn/index.ts';
import { candidates } from './architecture.ts';
import { mergeKernels } from './merge-kernels.ts';

/** What the candidates have in common, apart from their kernels. */
export interface Resampling {
  kernelShape(inChannels: number, outChannels: number, size: number): number[];
  apply(input: Tensor, kernel: Tensor, padding: number, bias: Tensor | undefined): Tensor;
}

/** Strided convolution, for the encoder. */
export const halving: Resampling = {
  kernelShape: (inChannels, outChannels, size) => [outChannels, inChannels, size, size],
  apply: (input, kernel, padding, bias) => convolve(input, kernel, { stride: 2, padding, bias }),
};

/** Transposed convolution, for the decoder. */
export const doubling: Resampling = {
  kernelShape: (inChannels, outChannels, size) => [inChannels, outChannels, size, size],
  apply: (input, kernel, padding, bias) =>
    convolveTransposed(input, kernel, { stride: 2, padding, bias }),
};

export interface MixedOpOptions {
  resampling: Resampling;
  /** One for all candidates: their shares sum to 1. Default false, for a normalisation that follows. */
  bias?: boolean;
  generator: Generator;
}

/** sum_i softmax(alpha)_i candidate_i(x), computed as one convolution with the merged kernel. */
export class MixedOp extends Module {
  readonly #alpha: Parameter;
  readonly #kernels: readonly Parameter[];
  readonly #bias: Parameter | null;
  readonly #resampling: Resampling;

  /** @param alpha the level's logits, owned by the architecture. */
  constructor(inChannels: number, outChannels: number, alpha: Parameter, options: MixedOpOptions) {
    const { resampling, bias = false, generator } = options;
    super();
    const initial = normal({ std: 0.02 });
    this.#kernels = candidates.map(({ kernel }, i) => {
      const shape = resampling.kernelShape(inChannels, outChannels, kernel);
      const fanIn = inChannels * kernel ** 2;
      const name = `candidates.${i}.weight`;
      return scope(() => this.parameter(name, initial(shape, fanIn, generator)));
    });
    this.#bias = bias
      ? scope(() => this.parameter('bias', constant(0)([outChannels], 0, generator)))
      : null;
    this.#alpha = alpha;
    this.#resampling = resampling;
  }

  forward(input: Tensor): Tensor {
    const shares = this.#alpha.value.softmax(0);
    const kernel = mergeKernels(
      this.#kernels.map((k) => k.value),
      shares,
    );
    return this.#resampling.apply(input, kernel, candidates.at(-1)!.padding, this.#bias?.value);
  }
}
