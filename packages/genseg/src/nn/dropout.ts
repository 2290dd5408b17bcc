/** Dropout that draws from a given generator, so that a pass can be repeated with the same draws. */
import type { Generator, Tensor } from '@genseg/torch';
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
    if (!(p >= 0 && p < 1)) throw new TypeError(`dropout needs 0 <= p < 1, got ${p}`);
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
