/**
 * A seeded pseudo-random stream for everything that is not a tensor: splits, label draws, bootstrap
 * resamples. Tensors draw from a `Generator` of @genseg/torch instead.
 * Algorithm: xoshiro128** 1.1 (Blackman and Vigna 2018), state filled by splitmix32.
 */

export interface RandomState {
  readonly words: readonly [number, number, number, number];
}

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

function splitmix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
}

export class Random {
  #words: Uint32Array;

  /** @param seed any integer; its low 32 bits and the next 21 both count. */
  constructor(seed: number) {
    const low = splitmix32(seed);
    const high = splitmix32(Math.floor(seed / 2 ** 32) ^ 0x5bd1e995);
    this.#words = Uint32Array.from({ length: 4 }, () => low() ^ high());
  }

  /** A 32-bit unsigned integer. */
  uint32(): number {
    const s = this.#words;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** Uniform in [0, 1) with 53 bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** A uniform integer in [0, bound), without modulo bias. */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** A new array with the items in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const result = items.slice();
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }

  /** A child stream that depends on this stream's state and the label only. */
  fork(label: string): Random {
    let hash = this.uint32();
    for (const char of label) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
    return new Random(hash >>> 0);
  }

  get state(): RandomState {
    const [a, b, c, d] = this.#words;
    return { words: [a, b, c, d] };
  }

  set state(state: RandomState) {
    this.#words = Uint32Array.from(state.words);
  }
}
