/**
 * What every optimiser shares. An algorithm is one formula, `update`, and that formula's derivative,
 * `pullBackUpdate`, which hypergradients go through: what they see is the optimiser that is really used.
 * Elements do not meet in either, so both run on a slice of a large tensor after the other: what lies
 * between two operations stays in the processor's cache; and on a GPU steps of small tensors are taken together, in
 * as many operators as one takes. Where the engine has a formula in one pass over memory, that runs in their place.
 */
import { keep, noGrad, scope, type Tensor } from '@genseg/torch';
import type { Parameter } from '../nn/index.ts';
import { requireNonNegative } from './formula.ts';
import { type Slice, slicesOf, whole } from './slices.ts';
import { groupsOf, pullBackTogether, updateTogether } from './together.ts';

/** The state of all parameters: per parameter its tensors, and the number of steps taken. */
export interface OptimizerState {
  step: number;
  slots: Tensor[][];
}

/** Which update of a parameter it is, 1 for the first, and at what learning rate. */
export interface Pace {
  step: number;
  lr: number;
}

/** A gradient, or what makes it when it is needed. */
export type Gradient = Tensor | (() => Tensor);

/** Its values, without a graph. */
export const realise = (gradient: Gradient): Tensor =>
  typeof gradient === 'function' ? gradient() : gradient.detach();

/** Where an update was taken: value and gradient from before it, state from after it. */
export interface UpdateSite extends Pace {
  value: Tensor;
  gradient: Tensor;
  slots: readonly Tensor[];
}

/** The derivatives of something by a value and its state; absent state means that nothing depends on it. */
export interface Cotangent {
  value: Tensor;
  slots?: readonly Tensor[];
}

/** What an update hands back: the derivative by the gradient, and if asked for those by value and state. */
export interface PulledBack {
  gradient: Tensor;
  before(): { value: Tensor; slots: Tensor[] };
}

/** Where the updates of all parameters were taken: all from before, unless `stateAfter` says otherwise of the state. */
export interface UpdateSites {
  values: readonly Tensor[];
  gradients: readonly Gradient[];
  state: OptimizerState;
  stateAfter?: boolean | undefined;
}

/** The same of all parameters. */
export interface Cotangents {
  values: readonly Tensor[];
  slots?: readonly (readonly Tensor[])[];
}

export abstract class Optimizer {
  readonly parameters: readonly Parameter[];
  /** Learning rate; a schedule may change it between steps. */
  lr: number;
  #factors: readonly number[];
  #step = 0;
  #slots: Tensor[][];

  /** @param slots number of state tensors for each parameter, zero at the start. */
  constructor(parameters: readonly Parameter[], lr: number, slots: number) {
    if (parameters.length === 0) throw new TypeError('an optimiser needs at least one parameter');
    requireNonNegative('lr', lr);
    this.parameters = parameters;
    this.lr = lr;
    this.#factors = parameters.map(() => 1);
    this.#slots = parameters.map((p) =>
      Array.from({ length: slots }, () => keep(p.value.detach().zerosLike())),
    );
  }

  /** The learning rate of each parameter as a multiple of `lr`, 1 at first. @throws TypeError for a negative one. */
  get factors(): readonly number[] {
    return this.#factors;
  }

  set factors(factors: readonly number[]) {
    this.#requireOneEach('factors', factors);
    for (const factor of factors) requireNonNegative('a factor of lr', factor);
    this.#factors = factors;
  }

  /** The algorithm, in differentiable operations: changes value and state, and nothing else. */
  protected abstract update(
    value: Tensor,
    gradient: Tensor,
    state: readonly Tensor[],
    pace: Pace,
  ): void;

  /** `update` in one pass over memory; false, and nothing done, where there is none for these tensors. */
  protected abstract updateAtOnce(
    value: Tensor,
    gradient: Tensor,
    state: readonly Tensor[],
    pace: Pace,
  ): boolean;

  /** The transposed derivative of `update`. */
  protected abstract pullBackUpdate(site: UpdateSite, cotangent: Cotangent): PulledBack;

  /** Its part from the new value to the gradient in one pass over memory; null where there is none for these tensors. */
  protected abstract pullBackAtOnce(site: UpdateSite, cotangent: Tensor): Tensor | null;

  /** One update in place. @param gradients in the order of `parameters`. */
  step(gradients: readonly Tensor[]): void {
    this.#requireOneEach('gradients', gradients);
    this.#step++;
    const updates = this.parameters.map((p, i) => {
      const pace = this.#pace(i, this.#step);
      return { value: p.value, gradient: gradients[i], state: this.#slots[i], pace };
    });
    const update: Optimizer['update'] = (...given) => this.update(...given);
    noGrad(() => {
      const left = updates.filter((u) => !this.updateAtOnce(u.value, u.gradient, u.state, u.pace));
      for (const group of groupsOf(left)) {
        const [{ value, gradient, state, pace }] = group;
        if (group.length > 1) scope(() => updateTogether(group, update));
        else
          for (const cut of slicesOf(value))
            scope(() => update(cut(value), cut(gradient), state.map(cut), pace));
      }
    });
  }

  /** The state that `step` would start from; the tensors are copies that the caller owns. */
  snapshot(): OptimizerState {
    return {
      step: this.#step,
      slots: this.#slots.map((slot) => slot.map((tensor) => tensor.clone())),
    };
  }

  /** The state that `step` would start from, and change: the tensors are the optimiser's own. */
  ownState(): OptimizerState {
    return { step: this.#step, slots: this.#slots };
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
      this.update(value, gradients[i], slots[i], this.#pace(i, step));
    });
    return { values: next, state: { step, slots } };
  }

  /**
   * The derivatives of something by the gradients of an update, from those by what the update made: the
   * vector-Jacobian product of `lookahead`. Exact; 0 where an algorithm divides by the gradients' size
   * and every gradient has been 0.
   *
   * @param at where the update was taken.
   */
  pullBackGradients(at: UpdateSites, cotangents: Cotangents): Tensor[] {
    return this.#pullBack(at, cotangents, null).map(([g]) => g);
  }

  /** The same by the gradients and by values and state before, for the update before this one. */
  pullBack(
    at: UpdateSites,
    cotangents: Cotangents,
  ): { gradients: Tensor[]; values: Tensor[]; slots: Tensor[][] } {
    const pulled = this.#pullBack(at, cotangents, (before) => {
      const { value, slots } = before();
      return [value, ...slots];
    });
    return {
      gradients: pulled.map(([g]) => g),
      values: pulled.map(([, value]) => value),
      slots: pulled.map(([, , ...slots]) => slots),
    };
  }

  #pullBack(
    at: UpdateSites,
    { values: cotangents, slots: slotCotangents }: Cotangents,
    also: ((before: PulledBack['before']) => Tensor[]) | null,
  ): Tensor[][] {
    this.#requireOneEach('values', at.values);
    this.#requireOneEach('gradients', at.gradients);
    this.#requireOneEach('cotangents', cotangents);
    const step = at.state.step + 1;
    const ofParameter = (i: number): Tensor[] => {
      const value = at.values[i].detach();
      const gradient = realise(at.gradients[i]);
      const pace = this.#pace(i, step);
      const siteOf = (cut: Slice): UpdateSite => {
        const [v, g, given] = [cut(value), cut(gradient), at.state.slots[i].map(cut)];
        const slots = at.stateAfter ? given : this.#stateAfter(v, g, given, pace);
        return { value: v, gradient: g, slots, ...pace };
      };
      const ofSlice = (cut: Slice): Tensor[] =>
        scope(() => {
          const cotangent = { value: cut(cotangents[i]), slots: slotCotangents?.[i].map(cut) };
          const { gradient, before } = this.pullBackUpdate(siteOf(cut), cotangent);
          return [gradient, ...(also?.(before) ?? [])];
        });
      const atOnce =
        also || slotCotangents
          ? null
          : scope(() => this.pullBackAtOnce(siteOf(whole), cotangents[i]));
      if (atOnce) return [atOnce];
      const cuts = slicesOf(value);
      if (cuts.length === 1) return ofSlice(cuts[0]);
      let results: Tensor[] | null = null;
      for (const cut of cuts) {
        const parts = ofSlice(cut);
        results ??= parts.map(() => value.emptyLike());
        parts.forEach((part, k) => {
          scope(() => cut(results![k]).copy_(part));
          part.dispose();
        });
      }
      return results!;
    };
    const sites = at.values.map((value, i) => ({
      ...{ i, value, gradient: at.gradients[i] },
      ...{ state: at.state.slots[i], pace: this.#pace(i, step) },
    }));
    // To the gradients alone, from the new values alone, where the state need not be made first.
    const together = at.stateAfter && !also && !slotCotangents;
    const results: Tensor[][] = [];
    noGrad(() => {
      for (const group of together ? groupsOf(sites) : sites.map((site) => [site])) {
        const pulled = scope(() => {
          if (group.length === 1) return [ofParameter(group[0].i)];
          const given = group.map(({ i }) => cotangents[i]);
          return pullBackTogether(group, given, ({ state, pace, ...joined }, value) => {
            const site = { ...joined, slots: state, ...pace };
            return this.pullBackUpdate(site, { value }).gradient;
          }).map((gradient) => [gradient]);
        });
        for (const [k, { i }] of group.entries()) results[i] = pulled[k];
      }
    });
    return results;
  }

  /** The state that an update makes of this one. */
  #stateAfter(value: Tensor, gradient: Tensor, state: readonly Tensor[], pace: Pace): Tensor[] {
    const after = state.map((tensor) => tensor.clone());
    const moved = value.clone();
    if (!this.updateAtOnce(moved, gradient, after, pace)) this.update(moved, gradient, after, pace);
    return after;
  }

  /**
   * The diagonal of -d(new value) / d(gradient): the P in w' = w - P g of first order, step size
   * included. Exact for every algorithm that treats elements apart, as all here do; 0 where an
   * algorithm divides by the gradients' size and every gradient has been 0.
   */
  preconditioner(
    values: readonly Tensor[],
    gradients: readonly Gradient[],
    state: OptimizerState,
  ): Tensor[] {
    return scope(() => {
      const sums = values.map((value) => value.detach().onesLike());
      const pulled = this.pullBackGradients({ values, gradients, state }, { values: sums });
      return pulled.map((d) => d.neg());
    });
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

  /** At the rate that `lr` has now. */
  #pace(parameter: number, step: number): Pace {
    return { step, lr: this.lr * this.#factors[parameter] };
  }

  #requireOneEach(what: string, tensors: readonly unknown[]): void {
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
