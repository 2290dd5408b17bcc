/**
 * What is searched: for every level of the generator, how much each candidate operation counts.
 * These parameters are the upper problem's; the generator reads them and does not own them.
 */
import { type Generator, randn, scope } from '@genseg/torch';
import { Module, type Parameter } from '../../nn/index.ts';

/** A convolution that halves the size, or a transposed one that doubles it; the stride is 2. */
export interface Candidate {
  readonly kernel: number;
  readonly padding: number;
}

/** The choices at every level, smallest first. All have the same centre: padding = kernel / 2 - 1. */
export const candidates: readonly Candidate[] = [
  { kernel: 4, padding: 1 },
  { kernel: 6, padding: 2 },
  { kernel: 8, padding: 3 },
];

/** Something for every level, in the order of the forward pass. */
export interface PerLevel<T> {
  encoder: T[];
  decoder: T[];
}

/** alpha of Liu et al. 2019, "DARTS", eq. 2: logits over the candidates, one vector [3] a level. */
export class Architecture extends Module {
  readonly encoder: readonly Parameter[];
  readonly decoder: readonly Parameter[];

  /** @param depth number of halvings, and so of levels on each side. */
  constructor(depth: number, options: { std?: number; generator: Generator }) {
    const { std = 1e-3, generator } = options;
    super();
    const levels = (side: string) =>
      Array.from({ length: depth }, (_, i) =>
        scope(() =>
          this.parameter(`${side}${i + 1}`, randn([candidates.length], { generator }).mul(std)),
        ),
      );
    this.encoder = levels('down');
    this.decoder = levels('up');
  }

  get depth(): number {
    return this.encoder.length;
  }

  #perLevel<T>(read: (alpha: Parameter) => T): PerLevel<T> {
    return { encoder: this.encoder.map(read), decoder: this.decoder.map(read) };
  }

  /** softmax(alpha) as numbers: the share of each candidate, which sum to 1. */
  shares(): PerLevel<number[]> {
    return this.#perLevel((alpha) => scope(() => alpha.value.softmax(0).toArray()));
  }

  /** The discrete result: the candidate with the largest share. */
  genotype(): PerLevel<Candidate> {
    return this.#perLevel((alpha) => candidates[scope(() => alpha.value.argmax().item())]);
  }
}
