/**
 * The module tree: who owns parameters and buffers, and what they are called.
 * Names are those of the reference PyTorch modules, so a state dict loads there in one line.
 *
 * A parameter is a slot that holds a tensor, because differentiating through training steps means
 * evaluating the same module at other weights: `substitute` fills the slots for the length of a call.
 */
import {
  type Device,
  keep,
  type MemoryFormat,
  noGrad,
  parameter,
  scope,
  type Tensor,
} from '@genseg/torch';

/** A tensor that an optimiser changes. Forward passes read `value` at each use. */
export class Parameter {
  value: Tensor;

  /** @param initial copied; the parameter owns its copy, which outlives every scope. */
  constructor(initial: Tensor) {
    this.value = parameter(initial);
  }
}

/** A tensor that belongs to the module's state without being trained, such as a running mean. */
export class Buffer {
  value: Tensor;

  constructor(initial: Tensor) {
    this.value = keep(scope(() => initial.detach().clone()));
  }
}

export type StateDict = Map<string, Tensor>;

/**
 * A node of the tree. Subclasses are final: they register parameters, buffers and children in the
 * constructor, and have a `forward` of their own signature.
 */
export abstract class Module {
  #parameters = new Map<string, Parameter>();
  #buffers = new Map<string, Buffer>();
  #children = new Map<string, Module>();
  #owned: Disposable[] = [];
  #successions: (readonly [Module, Module])[] = [];
  #training = true;
  /** Whether it is in evaluation mode for good. */
  #frozen = false;
  #tracksStatistics = true;

  protected parameter(name: string, initial: Tensor): Parameter {
    const made = new Parameter(initial);
    this.#parameters.set(name, made);
    return made;
  }

  protected buffer(name: string, initial: Tensor): Buffer {
    const made = new Buffer(initial);
    this.#buffers.set(name, made);
    return made;
  }

  protected child<M extends Module>(name: string, module: M): M {
    this.#children.set(name, module);
    return module;
  }

  /** Says that nothing but `next` sees what `first` gives, so that the two may become one: fold.ts. */
  protected succession(first: Module, next: Module): void {
    this.#successions.push([first, next]);
  }

  /** What this module and all below it have said so of. */
  successions(): (readonly [Module, Module])[] {
    return [...this.modules()].flatMap(([, module]) => module.#successions);
  }

  /** What is disposed of with this module, beside its tensors. */
  protected own<R extends Disposable>(resource: R): R {
    this.#owned.push(resource);
    return resource;
  }

  /** Batch statistics and dropout in training; running statistics and no dropout otherwise. */
  get training(): boolean {
    return this.#training;
  }

  /** Whether a training pass moves running statistics; hypergradient passes must not. */
  get tracksStatistics(): boolean {
    return this.#tracksStatistics;
  }

  train(training = true): this {
    for (const [, module] of this.modules()) module.#training = training && !module.#frozen;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /**
   * Makes buffers of the parameters with such names, for good: they keep their place in the state and are
   * trained no more. Modules of which nothing is left to train stay in evaluation mode, with all below them.
   */
  freeze(select: (name: string) => boolean): void {
    const emptied = new Set<Module>();
    for (const [path, module] of this.modules()) {
      for (const [name, slot] of module.#parameters) {
        if (!select(path ? `${path}.${name}` : name)) continue;
        module.#parameters.delete(name);
        module.#buffers.set(name, slot);
        slot.value.requiresGrad_(false);
        emptied.add(module);
      }
    }
    for (const [, module] of this.modules()) {
      const parts = [...module.modules()].map(([, part]) => part);
      if (!parts.some((part) => emptied.has(part)) || module.parameters().length > 0) continue;
      for (const part of parts) {
        part.#frozen = true;
        part.#training = false;
      }
    }
  }

  /** Runs `body` with running statistics left as they are. */
  withFrozenStatistics<T>(body: () => T): T {
    const before = [...this.modules()].map(
      ([, module]) => [module, module.#tracksStatistics] as const,
    );
    for (const [module] of before) module.#tracksStatistics = false;
    try {
      return body();
    } finally {
      for (const [module, value] of before) module.#tracksStatistics = value;
    }
  }

  /** This module and all below it with their dotted names, '' for this one, parents first. */
  *modules(prefix = ''): IterableIterator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of this.#children) {
      yield* child.modules(prefix ? `${prefix}.${name}` : name);
    }
  }

  namedParameters(): Map<string, Parameter> {
    return this.#collect((module) => module.#parameters);
  }

  namedBuffers(): Map<string, Buffer> {
    return this.#collect((module) => module.#buffers);
  }

  /** Every parameter once, parents first, in the order of registration. */
  parameters(): Parameter[] {
    return [...new Set(this.namedParameters().values())];
  }

  #collect<T>(select: (module: Module) => ReadonlyMap<string, T>): Map<string, T> {
    const result = new Map<string, T>();
    for (const [path, module] of this.modules()) {
      for (const [name, slot] of select(module)) result.set(path ? `${path}.${name}` : name, slot);
    }
    return result;
  }

  #slots(): Map<string, Parameter | Buffer> {
    return new Map<string, Parameter | Buffer>([...this.namedParameters(), ...this.namedBuffers()]);
  }

  /** Parameters and buffers by name; the tensors are the module's own, not copies. */
  stateDict(): StateDict {
    return new Map([...this.#slots()].map(([name, slot]) => [name, slot.value]));
  }

  /**
   * Copies the values in, by name. @throws TypeError naming keys that are missing, unexpected or of
   * another shape; nothing has been changed then.
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const slots = this.#slots();
    const shape = (tensor: Tensor) => `[${tensor.shape.join(', ')}]`;
    const problems = [
      ...[...slots.keys()].filter((name) => !state.has(name)).map((name) => `${name} is missing`),
      ...[...state.keys()]
        .filter((name) => !slots.has(name))
        .map((name) => `${name} is not in this model`),
      ...[...slots]
        .filter(([name, slot]) => state.has(name) && shape(slot.value) !== shape(state.get(name)!))
        .map(
          ([name, slot]) =>
            `${name} is ${shape(state.get(name)!)}, the model has ${shape(slot.value)}`,
        ),
    ];
    if (problems.length > 0) {
      const rest = problems.length > 4 ? ` and ${problems.length - 4} more` : '';
      throw new TypeError(
        `these weights do not fit the model: ${problems.slice(0, 4).join('; ')}${rest}`,
      );
    }
    noGrad(() => {
      for (const [name, slot] of slots) slot.value.copy_(state.get(name)!);
    });
  }

  /**
   * Moves parameters and buffers, or stores the 4-dimensional ones in another order, which changes no value.
   * Call before optimisers are made: the slots get new tensors.
   */
  to(target: Device | { memoryFormat: MemoryFormat }): this {
    const moved = (value: Tensor): Tensor => {
      if (typeof target === 'string') return value.to({ device: target, copy: true });
      return value.clone(value.dim === 4 ? target : {});
    };
    const trained = new Set<Parameter | Buffer>(this.parameters());
    for (const slot of this.#slots().values()) {
      const value = keep(scope(() => moved(slot.value.detach())));
      slot.value.dispose();
      slot.value = trained.has(slot) ? value.requiresGrad_() : value;
    }
    return this;
  }

  dispose(): void {
    for (const slot of this.#slots().values()) slot.value.dispose();
    for (const [, module] of this.modules())
      for (const resource of module.#owned) resource[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Runs `body` with other tensors in the parameters' slots; the parameters' own are put back after. */
export function substitute<T>(
  parameters: readonly Parameter[],
  values: readonly Tensor[],
  body: () => T,
): T {
  if (values.length !== parameters.length) {
    throw new TypeError(`substitute: ${parameters.length} parameters, ${values.length} values`);
  }
  const own = parameters.map((p) => p.value);
  parameters.forEach((p, i) => {
    p.value = values[i];
  });
  try {
    return body();
  } finally {
    parameters.forEach((p, i) => {
      p.value = own[i];
    });
  }
}

/** The tensors now in the slots. */
export const valuesOf = (parameters: readonly Parameter[]): Tensor[] =>
  parameters.map((p) => p.value);
