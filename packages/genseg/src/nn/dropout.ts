/** Dropout that draws from a given generator, so that a pass can be repeated with the same draws. */
import { empty, type Generator, type Tensor } from '@genseg/torch';
import { Module } from './module.ts';

/**
 * Srivastava et al. 2014: in training each value is zeroed with probability `p` and the others are
 * divided by 1 - p; in evaluation nothing happens.
 */
export class Dropout extends Module {
  readonly #p: number;
  readonly #generator: Generator;

  /** @param generator on the device of the inputs; its state is the caller's to save. */
  constructor(p: number, generator: Generator) {
    refuseImproper('dropout', p);
    super();
    this.#p = p;
    this.#generator = generator;
  }

  forward(input: Tensor): Tensor {
    if (!this.training) return input;
    const kept = input
      .detach()
      .emptyLike()
      .bernoulli_({ p: 1 - this.#p, generator: this.#generator });
    return input.mul(kept.div_(1 - this.#p));
  }
}

/**
 * Huang et al. 2016, "Deep Networks with Stochastic Depth": what a block adds to its input, left out for
 * each sample of the batch with probability `p` in training, and divided by 1 - p where it stays.
 */
export class StochasticDepth extends Module {
  readonly #p: number;
  readonly #generator: Generator;

  /** @param generator on the device of the inputs; its state is the caller's to save. */
  constructor(p: number, generator: Generator) {
    refuseImproper('stochastic depth', p);
    super();
    this.#p = p;
    this.#generator = generator;
  }

  /** @param residual [N, ...]; nothing is drawn where p is 0. */
  forward(residual: Tensor): Tensor {
    if (!this.training || this.#p === 0) return residual;
    const { shape, dtype, device } = residual;
    const kept = empty(
      shape.map((size, dim) => (dim === 0 ? size : 1)),
      { dtype, device },
    ).bernoulli_({ p: 1 - this.#p, generator: this.#generator });
    return residual.mul(kept.div_(1 - this.#p));
  }
}

function refuseImproper(what: string, p: number): void {
  if (!(p >= 0 && p < 1)) throw new TypeError(`${what} needs 0 <= p < 1, got ${p}`);
}
