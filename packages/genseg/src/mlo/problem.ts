/**
 * One level of a nested optimisation: parameters with their optimiser, and the loss that they lower.
 * Knows nothing of what the loss is about, nor of the other levels (graph.ts).
 */
import {
  foreachMul,
  type Generator,
  type GeneratorState,
  grad,
  noGrad,
  remakeValues,
  scope,
  type Tensor,
  withoutValues,
} from '@genseg/torch';
import { type Parameter, substitute, valuesOf } from '../nn/index.ts';
import { type Gradient, type Optimizer, type OptimizerState, realise } from '../optim/index.ts';
import type { Capture, Evaluation } from './capture.ts';
import { type Reading, reading } from './reading.ts';

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
  /** Runs every evaluation of the loss, for instance in a lower precision. */
  compute?<T>(body: () => T): T;
  /** Evaluates in `step`; by default that is done operator after operator. */
  capture?: Capture | undefined;
}

/** What one step was made from: enough to evaluate its loss again, or to take the step again. */
export interface Step<Batch = unknown> {
  batch: Batch;
  /** The streams' states when the loss was evaluated. */
  random: readonly GeneratorState[];
  /** Parameter values before the step. */
  before: readonly Tensor[];
  /** The loss's gradient there; a function makes it from the recording, until that has served. */
  gradients: readonly Gradient[];
  /** The optimiser's state before the step. */
  state: OptimizerState;
  /** Whether `state` is the optimiser's own instead, and so from after the step as long as no other follows. */
  stateAfter?: boolean;
  /** The gradient as a function that can be differentiated, where it was asked for; serves one hypergradient. */
  recording?: Recording;
}

/**
 * A gradient with its graph: `gradients` is recorded as a function of `values` and of what else entered the loss. To be
 * differentiated and not read: its own values may be left out, and are NaN then.
 */
export interface Recording {
  values: readonly Tensor[];
  gradients: readonly Tensor[];
}

/** A recorded gradient as one to differentiate and one to look at, without its memory where the graph can make it again. */
function lean(recorded: Tensor): { graph: Tensor; gradient: Gradient } {
  const graph = withoutValues(recorded);
  if (!graph) return { graph: recorded, gradient: recorded.detach() };
  recorded.dispose();
  return { graph, gradient: () => remakeValues(graph) };
}

/** The same step for any number of hypergradients, each of which evaluates it again. */
export const unrecorded = <Batch>({ recording, ...step }: Step<Batch>): Step<Batch> => ({
  ...step,
  gradients: step.gradients.map(realise),
});

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
  step(): { loss: Reading; batch: Batch } {
    const { batch, loss } = this.#update(this.#options.capture);
    return { batch, loss };
  }

  /**
   * The same, remembering what a hypergradient needs; its tensors belong to the caller's scope.
   *
   * @param options.differentiable also keep the gradient's graph, which a hypergradient would otherwise
   *   evaluate again. Until it is used, the parameters of other problems that enter the loss must not change.
   * @param options.latest no step follows before the hypergradient, so that the optimiser's state need not be copied.
   */
  recordedStep(options: { differentiable?: boolean; latest?: boolean } = {}): {
    loss: Reading;
    step: Step<Batch>;
  } {
    const { differentiable = false, latest = false } = options;
    // Times 1: copies of all in one operator.
    const before = noGrad(() => foreachMul(valuesOf(this.parameters), 1));
    const { optimizer } = this;
    const state = latest ? optimizer.ownState() : optimizer.snapshot();
    const taken = { before, state, stateAfter: latest };
    if (!differentiable) {
      const { batch, loss, random, gradients } = this.#update();
      return { loss, step: { ...taken, batch, random, gradients } };
    }
    // At copies, since the update changes the parameters in place and the graph needs the values before it.
    const values = before.map((value) => value.detach().requiresGrad_());
    const { batch, loss, random, gradients } = substitute(this.parameters, values, () =>
      this.#evaluateNext({ createGraph: true }),
    );
    scope(() => optimizer.step(gradients.map((gradient) => gradient.detach())));
    const recorded = gradients.map(lean);
    const recording = { values, gradients: recorded.map(({ graph }) => graph) };
    const fixed = recorded.map(({ gradient }) => gradient);
    return { loss, step: { ...taken, batch, random, gradients: fixed, recording } };
  }

  #update(capture?: Capture) {
    const evaluated = this.#evaluateNext({ capture });
    this.optimizer.step(evaluated.gradients);
    return evaluated;
  }

  #evaluateNext({
    createGraph,
    capture,
  }: {
    createGraph?: boolean;
    capture?: Capture | undefined;
  }) {
    const batch = this.draw();
    const random = this.generators.map((generator) => generator.state);
    const { loss: lossOf, compute = (body) => body(), frozen = (body) => body() } = this.#options;
    const evaluate = (batch: Batch): Evaluation =>
      scope(() => {
        const value = compute(() => lossOf(batch));
        const gradients = grad(value, valuesOf(this.parameters), { createGraph });
        return { loss: value.detach(), gradients };
      });
    const { loss, gradients } = capture?.evaluate(batch, evaluate, frozen) ?? evaluate(batch);
    return { batch, loss: reading(loss), random, gradients };
  }

  /** The loss of a batch at the present parameters, without side effects. */
  evaluate(batch: Batch): Tensor {
    const { loss, frozen = (body) => body(), compute = (body) => body() } = this.#options;
    return frozen(() => compute(() => loss(batch)));
  }

  /** An earlier step's gradient with its graph: the one that was kept, or evaluated again. */
  recordingOf(step: Step<Batch>): Recording {
    if (step.recording) return step.recording;
    const values = step.before.map((w) => w.detach().requiresGrad_());
    const loss = substitute(this.parameters, values, () => this.replay(step));
    return { values, gradients: grad(loss, values, { createGraph: true }) };
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
