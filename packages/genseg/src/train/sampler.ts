/** The order in which training visits its cases: seeded permutations, resumable in the middle of one. */
import type { Random, RandomState } from '../random.ts';

export interface SamplerState {
  random: RandomState;
  order: number[];
  cursor: number;
}

export class Sampler {
  readonly #count: number;
  readonly #random: Random;
  #order: number[] = [];
  #cursor = 0;

  /** @param count number of cases, at least 1. */
  constructor(count: number, random: Random) {
    this.#count = count;
    this.#random = random;
  }

  /** The next `size` case indices. Each case comes once before any comes again, across batches. */
  next(size: number): number[] {
    return Array.from({ length: size }, () => {
      if (this.#cursor === this.#order.length) {
        this.#order = this.#random.shuffle(Array.from({ length: this.#count }, (_, i) => i));
        this.#cursor = 0;
      }
      return this.#order[this.#cursor++];
    });
  }

  /** Begins a new order by another stream. */
  restart(random: Random): void {
    this.state = { random: random.state, order: [], cursor: 0 };
  }

  get state(): SamplerState {
    return { random: this.#random.state, order: [...this.#order], cursor: this.#cursor };
  }

  set state(state: SamplerState) {
    this.#random.state = state.random;
    this.#order = [...state.order];
    this.#cursor = state.cursor;
  }
}
