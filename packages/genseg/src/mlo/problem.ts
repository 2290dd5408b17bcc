/**
 * One level of a nested optimisation: parameters with their optimiser, and the loss that they lower.
 * Knows nothing of what the loss is about, nor of the other levels (graph.ts).
 */
import {
  type Generator,
  type GeneratorState,
  grad,
  noGrad,
  scope,
  type Tensor,
} from '@genseg/torch';
import { type Parameter, valuesOf } from '../nn/index.ts';
import type { Optimizer, OptimizerState } from '../optim/index.ts';

export interface ProblemOptions<Batch> {
  optimizer: Optimizer;
  /** The next batch. Its tensors are born in the caller's scope. */
  draw(): Batch;
  /** The loss of a batch, a scalar that is recorded for gradients. */
  loss(batch: Batch): Tensor;
  /** Every stream that `loss` draws from: hypergradients evaluate it again with the same draws. */
  generators?: readonly Generator[];
  /** Runs a hypergradient's evaluation without side effects, such as moving batch-norm statistics. */
  frozen?<T>(body: () => T): T;
  /** Runs the loss of an update, for instance in a lower precision; hypergradients are taken without it. */
  compute?<T>(body: () => T): T;
}

/** What one step was made from: enough to evaluate its loss again, or to take the step again. */
export interface Step<Batch = unknown> {
  batch: Batch;
  /** The streams' states when the loss was evaluated. */
  random: readonly GeneratorState[];
  /** Parameter values before the step. */
  before: readonly Tensor[];
  /** The loss's gradient there. */
  gradients: readonly Tensor[];
  /** The optimiser's state before the step. */
  state: OptimizerState;
}

export class Problem<Batch = unknown> {
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly generators: readonly Generator[];
  readonly #options: ProblemOptions<Batch>;

  constructor(name: string, options: ProblemOptions<Batch>) {
    this.name = name;
    this.optimizer = options.optimizer;
    this.generators = options.generators ?? [];
    this.#options = options;
  }

  /** The optimiser's parameters: there is no second list that could differ. */
  get parameters(): readonly Parameter[] {
    return this.optimizer.parameters;
  }

  draw(): Batch {
    return this.#options.draw();
  }

  /** One optimiser update on a new batch. @returns the loss before it, and the batch. */
  step(): { loss: number; batch: Batch } {
    const { batch, loss } = this.#update();
    return { batch, loss };
  }

  /** The same, remembering what a hypergradient needs; its tensors belong to the caller's scope. */
  recordedStep(): { loss: number; step: Step<Batch> } {
    const before = noGrad(() => valuesOf(this.parameters).map((value) => value.detach().clone()));
    const state = this.optimizer.snapshot();
    const { batch, loss, random, gradients } = this.#update();
    return { loss, step: { batch, random, before, gradients, state } };
  }

  #update() {
    const batch = this.draw();
    const random = this.generators.map((generator) => generator.state);
    const { loss: lossOf, compute = (body) => body() } = this.#options;
    const { loss, gradients } = scope(() => {
      const value = compute(() => lossOf(batch));
      return { loss: value.item(), gradients: grad(value, valuesOf(this.parameters)) };
    });
    this.optimizer.step(gradients);
    return { batch, loss, random, gradients };
  }

  /** The loss of a batch at the present parameters, without side effects. */
  evaluate(batch: Batch): Tensor {
    const { loss, frozen = (body) => body() } = this.#options;
    return frozen(() => loss(batch));
  }

  /** The loss of an earlier step's batch with that step's random draws, at the present parameters. */
  replay(step: Step<Batch>): Tensor {
    const now = this.generators.map((generator) => generator.state);
    this.#setRandom(step.random);
    try {
      return this.evaluate(step.batch);
    } finally {
      this.#setRandom(now);
    }
  }

  #setRandom(states: readonly GeneratorState[]): void {
    this.generators.forEach((generator, i) => {
      generator.state = states[i];
    });
  }
}
