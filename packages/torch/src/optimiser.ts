/**
 * Steps of optimisers, and the derivatives of a step's new value, in one pass over memory on a CPU
 * (native/optimiser.h, with the formulas). They take float32 tensors that lie alike, record nothing for gradients, and
 * say where they do not fit: the caller then composes the same of operators.
 */
import { native } from './binding.ts';
import { Tensor } from './ops.gen.ts';

export interface AdamNumbers {
  betas: readonly [number, number];
  eps: number;
  lr: number;
  /** Which step it is, 1 for the first. */
  step: number;
  /** Of the penalty decay / 2 |value|^2, whose gradient is added; default 0. */
  decay?: number;
  /** What the value is multiplied by beside its step; default 1. */
  shrink?: number;
}

export interface RMSpropNumbers {
  alpha: number;
  momentum: number;
  eps: number;
  lr: number;
  decay: number;
}

/** What an update is made from; state in the order of the optimiser's formula. */
export interface UpdateTensors {
  value: Tensor;
  gradient: Tensor;
  state: readonly Tensor[];
}

const handlesOf = ({ value, gradient, state }: UpdateTensors) =>
  [value.handle, gradient.handle, ...state.map(({ handle }) => handle)] as const;

const adamNumbers = ({ betas, eps, lr, step, decay = 0, shrink = 1 }: AdamNumbers) => {
  const [first, second] = betas.map((beta) => 1 - beta ** step);
  return [...betas, Math.sqrt(second), eps, lr / first, decay, shrink];
};

const rmspropNumbers = ({ alpha, momentum, eps, lr, decay }: RMSpropNumbers) =>
  [alpha, momentum, eps, lr, decay] as const;

const tensorOf = (handle: number | null): Tensor | null =>
  handle === null ? null : new Tensor(handle);

/** Changes value and state, [m, s]. @returns false, and nothing done, where the tensors do not fit. */
export const stepAdam = (tensors: UpdateTensors, numbers: AdamNumbers): boolean =>
  native.stepAdam(...handlesOf(tensors), ...adamNumbers(numbers));

/**
 * From the derivative by the new value that by the gradient; null where the tensors do not fit.
 * @param tensors value and gradient from before the step, state from after it.
 */
export const pullBackAdam = (
  tensors: UpdateTensors,
  cotangent: Tensor,
  numbers: AdamNumbers,
): Tensor | null =>
  tensorOf(native.pullBackAdam(...handlesOf(tensors), cotangent.handle, ...adamNumbers(numbers)));

/** As `stepAdam`; the state is [s, v]. */
export const stepRMSprop = (tensors: UpdateTensors, numbers: RMSpropNumbers): boolean =>
  native.stepRMSprop(...handlesOf(tensors), ...rmspropNumbers(numbers));

/** As `pullBackAdam`; the state is [s]. */
export const pullBackRMSprop = (
  tensors: UpdateTensors,
  cotangent: Tensor,
  numbers: RMSpropNumbers,
): Tensor | null =>
  tensorOf(
    native.pullBackRMSprop(...handlesOf(tensors), cotangent.handle, ...rmspropNumbers(numbers)),
  );
