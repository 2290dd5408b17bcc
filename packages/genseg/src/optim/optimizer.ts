/**
 * What every optimiser shares. An algorithm is one formula, written in differentiable operations that
 * change a value and its state in place. Training gives it the parameters' own tensors; hypergradients
 * give it copies and differentiate it, so that what they see is the optimiser that is really used.
 */
import { enableGrad, grad, keep, noGrad, scope, type Tensor } from '@genseg/torch';
import type { Parameter } from '../nn/index.ts';
import { requireNonNegative } from './formula.ts';

/** The state of all parameters: per parameter its tensors, and the number of steps taken. */
export interface OptimizerState {
  step: number;
  slots: Tensor[][];
}

export abstract class Optimizer {
  readonly parameters: readonly Parameter[];
  /** Learning rate; a schedule may change it between steps. */
  lr: number;
  #step = 0;
  #slots: Tensor[][];

  /** @param slots number of state tensors for each parameter, zero at the start. */
  constructor(parameters: readonly Parameter[], lr: number, slots: number) {
    if (parameters.length === 0) throw new TypeError('an optimiser needs at least one parameter');
    requireNonNegative('lr', lr);
    this.parameters = parameters;
    this.lr = lr;
    this.#slots = parameters.map((p) =>
      Array.from({ length: slots }, () => keep(p.value.detach().zerosLike())),
    );
  }

  /** The algorithm: changes value and state, and nothing else. @param step 1 for the first. */
  protected abstract update(
    value: Tensor,
    gradient: Tensor,
    state: readonly Tensor[],
    step: number,
  ): void;

  /** One update in place. @param gradients in the order of `parameters`. */
  step(gradients: readonly Tensor[]): void {
    this.#requireOneEach('gradients', gradients);
    this.#step++;
    noGrad(() => {
      this.parameters.forEach((p, i) => {
        scope(() => this.update(p.value, gradients[i], this.#slots[i], this.#step));
      });
    });
  }

  /** The state that `step` would start from; the tensors are copies that the caller owns. */
  snapshot(): OptimizerState {
    return {
      step: this.#step,
      slots: this.#slots.map((slot) => slot.map((tensor) => tensor.clone())),
    };
  }

  /** New values and state as differentiable functions of values and gradients; nothing is changed. */
  lookahead(
    values: readonly Tensor[],
    gradients: readonly Tensor[],
    state: OptimizerState,
  ): { values: Tensor[]; state: OptimizerState } {
    this.#requireOneEach('values', values);
    this.#requireOneEach('gradients', gradients);
    const step = state.step + 1;
    const next = values.map((value) => value.clone());
    const slots = state.slots.map((slot) => slot.map((tensor) => tensor.clone()));
    next.forEach((value, i) => {
      this.update(value, gradients[i], slots[i], step);
    });
    return { values: next, state: { step, slots } };
  }

  /**
   * The diagonal of -d(new value) / d(gradient): the P in w' = w - P g of first order, step size
   * included. Exact for every algorithm that treats elements apart, as all here do; 0 where an
   * algorithm divides by the gradients' size and every gradient has been 0.
   */
  preconditioner(
    values: readonly Tensor[],
    gradients: readonly Tensor[],
    state: OptimizerState,
  ): Tensor[] {
    return scope(() =>
      enableGrad(() => {
        const leaves = gradients.map((g) => g.detach().requiresGrad_());
        const fixed = values.map((value) => value.detach());
        const { values: next } = this.lookahead(fixed, leaves, state);
        const sums = next.map((value) => value.sum());
        return grad(sums, leaves).map((d) => d.neg());
      }),
    );
  }

  /** Tensors and step count for a checkpoint, the tensors by `<parameter index>.<slot>`. */
  stateDict(): { step: number; tensors: Map<string, Tensor> } {
    const entries = this.#slots.flatMap((slot, i) =>
      slot.map((tensor, s) => [`${i}.${s}`, tensor] as const),
    );
    return { step: this.#step, tensors: new Map(entries) };
  }

  /** Copies the state in. @throws TypeError for another set of tensors or shapes; nothing has changed then. */
  loadStateDict(state: { step: number; tensors: ReadonlyMap<string, Tensor> }): void {
    const own = this.stateDict().tensors;
    if (state.tensors.size !== own.size)
      throw new TypeError(
        `this optimiser's state has ${own.size} tensors, the one to load ${state.tensors.size}`,
      );
    for (const [name, tensor] of own) {
      const shape = state.tensors.get(name)?.shape;
      if (shape?.join() !== tensor.shape.join())
        throw new TypeError(
          `optimiser state ${name} must be [${tensor.shape}], got ${shape ? `[${shape}]` : 'nothing'}`,
        );
    }
    this.#step = state.step;
    noGrad(() => {
      for (const [name, tensor] of own) tensor.copy_(state.tensors.get(name)!);
    });
  }

  #requireOneEach(what: string, tensors: readonly Tensor[]): void {
    if (tensors.length !== this.parameters.length)
      throw new TypeError(
        `this optimiser has ${this.parameters.length} parameters, got ${tensors.length} ${what}`,
      );
  }

  dispose(): void {
    for (const slot of this.#slots) for (const tensor of slot) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
