/**
 * Runs nested problems: each iteration takes the lower problems' steps in order and, when one is due,
 * the upper problem's step along its hypergradient. The upper batch never updates a lower parameter.
 */
import { scope, stack, type Tensor } from '@genseg/torch';
import { TrainingError } from '../errors.ts';
import type { Graph } from './graph.ts';
import type { HypergradientMethod } from './hypergradient/index.ts';
import { hypergradient } from './hypergradient.ts';
import type { Problem, Step } from './problem.ts';
import { meanOf, type Reading } from './reading.ts';

/** Runs `body`, a part of training that has a name, and may look on: at its time, say. */
export type Observe = <T>(name: string, body: () => T) => T;

export const unobserved: Observe = (_name, body) => body();

export interface Level {
  problem: Problem;
  /** Steps of the problem in each iteration; `unrolled` differentiates through all of them. */
  unrollSteps?: number;
  /** Iterations between its steps, as `interval` of the upper problem; both start together. */
  interval?: number;
}

export interface EngineOptions {
  /** Iterations between upper steps. */
  interval?: number;
  /** Iterations before the first upper step. */
  warmup?: number;
  /** Called after each update of a problem's parameters, with the batch that made it. */
  onStep?(problem: Problem, batch: unknown): void;
  /** Runs each step of a problem, by the problem's name. */
  observe?: Observe;
}

export class Iteration {
  /** Length of each upper parameter's hypergradient, when the upper step was due. */
  readonly hypergradientNorms: readonly number[] | undefined;
  readonly #losses: ReadonlyMap<string, Reading>;

  constructor(losses: ReadonlyMap<string, Reading>, hypergradientNorms?: readonly number[]) {
    this.#losses = losses;
    this.hypergradientNorms = hypergradientNorms;
  }

  /**
   * Each problem's mean loss in this iteration, by name; the upper's only when its step was due. Whoever looks waits for
   * the device to have taken the steps.
   */
  get losses(): Map<string, number> {
    return new Map([...this.#losses].map(([name, read]) => [name, read()]));
  }
}

export class Engine {
  readonly graph: Graph;
  readonly levels: readonly Level[];
  readonly upper: Problem;
  readonly method: HypergradientMethod;
  /** Iterations done; set it to go on from a checkpoint. */
  iteration = 0;
  readonly #interval: number;
  readonly #warmup: number;
  readonly #onStep: (problem: Problem, batch: unknown) => void;
  readonly #observe: Observe;
  #proven = false;

  /** @param levels the lower problems in the order of their steps, each after those whose parameters enter its loss. */
  constructor(
    graph: Graph,
    problems: { upper: Problem; levels: readonly Level[]; method: HypergradientMethod },
    options: EngineOptions = {},
  ) {
    const { interval = 1, warmup = 0, onStep = () => {}, observe = unobserved } = options;
    this.graph = graph;
    this.levels = problems.levels;
    this.upper = problems.upper;
    this.method = problems.method;
    this.#interval = interval;
    this.#warmup = warmup;
    this.#onStep = onStep;
    this.#observe = observe;
    if (graph.lowersOf(this.upper).length === 0)
      throw new TypeError(`problem '${this.upper.name}' has nothing below it to look at`);
    const run = new Set(this.levels.map((level) => level.problem));
    for (const problem of graph.lowestFirst(this.upper)) {
      if (!run.has(problem))
        throw new TypeError(`problem '${problem.name}' is in the graph and in no level`);
    }
  }

  iterate(): Iteration {
    const elapsed = this.iteration - this.#warmup;
    const due = elapsed >= 0 && elapsed % this.#interval === 0;
    this.iteration++;
    return scope(() => {
      const losses = new Map<string, Reading>();
      const trajectories = new Map<Problem, Step[]>();
      for (const { problem, unrollSteps = 1, interval = 1 } of this.levels) {
        if (elapsed % interval !== 0) continue;
        const steps: Step[] = [];
        const readings: Reading[] = [];
        for (let k = 0; k < unrollSteps; k++)
          readings.push(
            this.#observe(problem.name, () =>
              this.#step(problem, { due, last: k === unrollSteps - 1 }, steps),
            ),
          );
        losses.set(problem.name, meanOf(readings));
        trajectories.set(problem, steps);
      }
      if (!due) return new Iteration(losses);
      const finite = [...losses.values()].every((read) => Number.isFinite(read()));
      if (!finite) return new Iteration(losses); // of a loss that is no number the caller sees to
      const { loss, hypergradientNorms } = this.#observe(this.upper.name, () =>
        this.#upperStep(trajectories),
      );
      losses.set(this.upper.name, () => loss);
      return new Iteration(losses, hypergradientNorms);
    });
  }

  #upperStep(trajectories: ReadonlyMap<Problem, Step[]>) {
    const batch = this.upper.draw();
    const { loss, gradients } = hypergradient(
      this.graph,
      this.upper,
      this.method,
      trajectories,
      batch,
    );
    const hypergradientNorms = this.#prove(gradients);
    this.upper.optimizer.step(gradients);
    this.#onStep(this.upper, batch);
    return { loss, hypergradientNorms };
  }

  /** @param when.due whether an upper step follows; `last`: whether no other of this problem does before it. */
  #step(problem: Problem, when: { due: boolean; last: boolean }, steps: Step[]): Reading {
    const looksThrough = when.due && this.graph.problems.includes(problem);
    if (!looksThrough) {
      const { loss, batch } = problem.step();
      this.#onStep(problem, batch);
      return loss;
    }
    const { differentiatesSteps: differentiable } = this.method;
    const latest = differentiable && when.last; // the other methods look at the state before
    const { loss, step } = problem.recordedStep({ differentiable, latest });
    steps.push(step);
    this.#onStep(problem, step.batch);
    return loss;
  }

  /** A hypergradient that is zero at its first step means a path that is cut, not an optimum. */
  #prove(gradients: readonly Tensor[]): number[] {
    // One reading for all, since on a GPU each waits.
    const squares = scope(() =>
      stack(gradients.map((g) => g.to({ dtype: 'float64' }).square().sum())),
    );
    const norms = squares.toArray().map(Math.sqrt);
    const dead = norms.findIndex((n) => !Number.isFinite(n) || (n === 0 && !this.#proven));
    if (dead >= 0) {
      const reason =
        norms[dead] === 0 ? 'the upper loss does not reach it' : 'lower the learning rates';
      throw new TrainingError(
        `the hypergradient of '${this.upper.name}' parameter ${dead} is ${norms[dead]}: ${reason}`,
      );
    }
    this.#proven = true;
    return norms;
  }
}
