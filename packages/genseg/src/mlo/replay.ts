/**
 * A loss and its gradients from a recording (a CUDA graph) in place of operator after operator: a GPU is faster than the
 * host can ask it for small operators. The first evaluations are ordinary; then one is recorded, on a batch of its own
 * that later batches are copied into; and the first replays have to agree with ordinary evaluations, or the recording
 * is given up. What is recorded must be a function of the batch, the parameters and streams of the device alone.
 */
import { type Generator, keep, Tensor } from '@genseg/torch';
import { cosine } from './hypergradient/index.ts';

/** A loss at a batch, and its gradients in the order of the parameters. */
export interface Evaluation {
  loss: Tensor;
  gradients: Tensor[];
}

/** Records what a body asks of the device, as `recordGraph` does. */
export type RecordWork = <T>(
  body: () => T,
  options: { generators: readonly Generator[] },
) => { graph: { replay(): void; dispose(): void }; result: T };

export interface ReplayOptions {
  record: RecordWork;
  /** Streams of the device that the loss draws from. */
  generators: readonly Generator[];
  /** Called once, with the reason, where evaluations will be ordinary from here on. */
  giveUp(reason: string): void;
}

/** Evaluations before the recording, in which LibTorch makes what it makes but once. */
const warmUp = 3;
/** Replays that have to agree with an ordinary evaluation. */
const proofs = 3;
/** By what part two losses may differ, and two directions by what cosine: sums of a GPU have no fixed order. */
const tolerance = 0.01;

interface Recorded {
  graph: { replay(): void; dispose(): void };
  /** Where a batch goes. */
  inputs: readonly Tensor[];
  /** Where its evaluation lies afterwards. */
  outputs: Evaluation;
}

export class Replay {
  readonly #options: ReplayOptions;
  #evaluations = 0;
  #proven = 0;
  #givenUp = false;
  #recorded: Recorded | null = null;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /**
   * The evaluation of a batch. Gradients hold until the next call.
   * @param evaluate its tensors are born in the caller's scope.
   * @param aside runs an evaluation without side effects.
   */
  evaluate<Batch>(
    batch: Batch,
    evaluate: (batch: Batch) => Evaluation,
    aside: (body: () => Evaluation) => Evaluation,
  ): Evaluation {
    if (this.#givenUp || this.#evaluations++ < warmUp) return evaluate(batch);
    try {
      this.#recorded ??= this.#record(batch, evaluate);
    } catch (error) {
      this.#giveUp(error instanceof Error ? error.message : String(error));
      return evaluate(batch);
    }
    const given = tensorsIn(batch);
    if (!alike(given, this.#recorded.inputs)) return evaluate(batch);
    const proof =
      this.#proven < proofs ? this.#withDrawsSetBack(() => aside(() => evaluate(batch))) : null;
    const replayed = replay(this.#recorded, given);
    if (!proof) return replayed;
    const difference = differenceOf(replayed, proof);
    if (difference === null) {
      this.#proven++;
      return replayed;
    }
    this.#giveUp(`it does not give what an ordinary evaluation gives: ${difference}`);
    return proof;
  }

  #record<Batch>(batch: Batch, evaluate: (batch: Batch) => Evaluation): Recorded {
    const { record, generators } = this.#options;
    const own = copyOf(batch);
    const inputs = tensorsIn(own);
    try {
      const { graph, result } = record(() => evaluate(own), { generators });
      for (const tensor of [...inputs, ...tensorsIn(result)]) keep(tensor);
      return { graph, inputs, outputs: result };
    } catch (error) {
      for (const tensor of inputs) tensor.dispose();
      throw error;
    }
  }

  #withDrawsSetBack<T>(body: () => T): T {
    const { generators } = this.#options;
    const states = generators.map(({ state }) => state);
    const result = body();
    generators.forEach((generator, i) => {
      generator.state = states[i];
    });
    return result;
  }

  #giveUp(reason: string): void {
    this.#givenUp = true;
    this.dispose();
    this.#options.giveUp(reason);
  }

  dispose(): void {
    if (!this.#recorded) return;
    const { graph, inputs, outputs } = this.#recorded;
    this.#recorded = null;
    graph.dispose();
    for (const tensor of [...inputs, ...tensorsIn(outputs)]) tensor.dispose();
  }
}

function replay({ graph, inputs, outputs }: Recorded, given: readonly Tensor[]): Evaluation {
  given.forEach((tensor, i) => {
    inputs[i].copy_(tensor);
  });
  graph.replay();
  // The loss may be read after the next replay.
  return { loss: outputs.loss.clone(), gradients: outputs.gradients };
}

/** In words; null where there is none to speak of. */
function differenceOf(replayed: Evaluation, expected: Evaluation): string | null {
  const [loss, other] = [replayed.loss.item(), expected.loss.item()];
  if (!(Math.abs(loss - other) <= tolerance * Math.abs(other)))
    return `a loss of ${loss}, not ${other}`;
  const agreement = cosine(replayed.gradients, expected.gradients);
  return agreement >= 1 - tolerance ? null : `gradients with a cosine of ${agreement}`;
}

/** The tensors in arrays and plain objects, in order. */
function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}

/** The same with copies of the tensors. */
function copyOf<T>(value: T): T {
  if (value instanceof Tensor) return value.clone() as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOf(part)])) as T;
}

const alike = (some: readonly Tensor[], others: readonly Tensor[]): boolean =>
  some.length === others.length &&
  some.every(({ shape, dtype }, i) => {
    const other = others[i];
    return dtype === other.dtype && shape.join() === other.shape.join();
  });
