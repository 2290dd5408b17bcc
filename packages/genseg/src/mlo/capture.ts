/**
 * A loss and its gradients from a capture (a CUDA graph) in place of operator after operator: a GPU is faster than the
 * host can ask it for small operators. The first evaluations are ordinary; then one is captured, on a batch of its own
 * that later batches are copied into; and the first replays have to agree with ordinary evaluations, or the capture
 * is given up. What is captured must be a function of the batch, the parameters and streams of the device alone.
 */
import { type Generator, keep, noGrad, Tensor } from '@genseg/torch';
import { cosine } from './hypergradient/index.ts';

/** A loss at a batch, and its gradients in the order of the parameters. */
export interface Evaluation {
  loss: Tensor;
  gradients: Tensor[];
}

/** Keeps what a body asks of the device, to ask for it again; `captureGraph` is one. The graph is the caller's. */
export type CaptureWork = <T>(
  body: () => T,
  options: { generators: readonly Generator[] },
) => { graph: { replay(): void; dispose(): void }; result: T };

export interface CaptureOptions {
  captureWork: CaptureWork;
  /** Streams of the device that the loss draws from. */
  generators: readonly Generator[];
  /** What evaluations change in place, such as running statistics: set back after a replay that was wrong. */
  state?(): readonly Tensor[];
  /** Called once, with the reason, where evaluations will be ordinary from here on. */
  giveUp(reason: string): void;
}

/** Evaluations before the capture, in which LibTorch makes what it makes but once. */
const warmUp = 3;
/** Replays that have to agree with an ordinary evaluation. */
const proofs = 3;
/** By what part two losses may differ, and two directions by what cosine: sums of a GPU have no fixed order. */
const tolerance = 0.01;

type Evaluate<Batch> = (batch: Batch) => Evaluation;

interface Captured {
  graph: { replay(): void; dispose(): void };
  /** Where a batch goes. */
  inputs: readonly Tensor[];
  /** Where its evaluation lies afterwards. */
  outputs: Evaluation;
}

export class Capture {
  readonly #options: CaptureOptions;
  #evaluations = 0;
  #proven = 0;
  #givenUp = false;
  #captured: Captured | null = null;

  constructor(options: CaptureOptions) {
    this.#options = options;
  }

  /**
   * The evaluation of a batch. Gradients hold until the next call.
   * @param evaluate its tensors are born in the caller's scope.
   * @param aside runs an evaluation without side effects.
   */
  evaluate<Batch>(
    batch: Batch,
    evaluate: Evaluate<Batch>,
    aside: (body: () => Evaluation) => Evaluation,
  ): Evaluation {
    if (this.#givenUp || this.#evaluations++ < warmUp) return evaluate(batch);
    try {
      this.#captured ??= this.#capture(batch, evaluate);
    } catch (error) {
      this.#giveUp(error instanceof Error ? error.message : String(error));
      return evaluate(batch);
    }
    const given = tensorsIn(batch);
    if (!alike(given, this.#captured.inputs)) return evaluate(batch);
    if (this.#proven === proofs) return replay(this.#captured, given);
    return this.#prove(this.#captured, given, {
      ordinary: () => evaluate(batch),
      aside: () => aside(() => evaluate(batch)),
    });
  }

  #capture<Batch>(batch: Batch, evaluate: Evaluate<Batch>): Captured {
    const { captureWork, generators } = this.#options;
    const own = copyOf(batch);
    const inputs = tensorsIn(own);
    const { graph, result } = captureWork(() => evaluate(own), { generators });
    for (const tensor of [...inputs, ...tensorsIn(result)]) keep(tensor);
    return { graph, inputs, outputs: result };
  }

  /** A replay that agrees with an evaluation aside, or an ordinary evaluation, as if there had been no replay. */
  #prove(
    captured: Captured,
    given: readonly Tensor[],
    { ordinary, aside }: Record<'ordinary' | 'aside', () => Evaluation>,
  ): Evaluation {
    const { generators, state = () => [] } = this.#options;
    const draws = generators.map((generator) => generator.state);
    const setBack = () => {
      for (const [i, generator] of generators.entries()) generator.state = draws[i];
    };
    const expected = aside();
    setBack();
    const tensors = state();
    const before = tensors.map((tensor) => tensor.clone());
    const replayed = replay(captured, given);
    const difference = differenceOf(replayed, expected);
    if (difference === null) {
      this.#proven++;
      return replayed;
    }
    setBack();
    noGrad(() => {
      for (const [i, tensor] of tensors.entries()) tensor.copy_(before[i]);
    });
    this.#giveUp(`it does not give what an ordinary evaluation gives: ${difference}`);
    return ordinary();
  }

  #giveUp(reason: string): void {
    this.#givenUp = true;
    this.dispose();
    this.#options.giveUp(reason);
  }

  dispose(): void {
    if (!this.#captured) return;
    const { graph, inputs, outputs } = this.#captured;
    this.#captured = null;
    graph.dispose();
    for (const tensor of [...inputs, ...tensorsIn(outputs)]) tensor.dispose();
  }
}

function replay({ graph, inputs, outputs }: Captured, given: readonly Tensor[]): Evaluation {
  for (const [i, tensor] of given.entries()) inputs[i].copy_(tensor);
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
