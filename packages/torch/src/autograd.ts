/**
 * Gradients. Every gradient is a tensor again, so that with `createGraph` it can be differentiated in
 * turn: that is how hypergradients are exact. No JavaScript runs inside a backward pass.
 */
import { native } from './binding.ts';
import { type Device, type DType, dtypeCode, dtypeName } from './dtype.ts';
import { TorchError } from './errors.ts';
import type { Generator } from './generator.ts';
import { refusePromise, scope } from './lifetime.ts';
import { Tensor } from './ops.gen.ts';

type OneOrMany = Tensor | readonly Tensor[];

const handlesOf = (tensors: OneOrMany): number[] =>
  (tensors instanceof Tensor ? [tensors] : tensors).map((tensor) => tensor.handle);

export interface GradOptions {
  /** Vectors of the vector-Jacobian product, shaped as the outputs; needed unless these are scalars. */
  gradOutputs?: OneOrMany;
  /** Record the gradients' own graph, for second derivatives. */
  createGraph?: boolean;
  /** Keep the graph for another call; by default as `createGraph`. */
  retainGraph?: boolean;
  /** Give null, instead of an error, for an input that no output depends on. */
  allowUnused?: boolean;
}

/**
 * The gradients of the (summed) outputs with respect to the inputs, in the inputs' order and shapes.
 * @throws TorchError for a missing gradient (unless `allowUnused`) and for inputs that do not require one.
 */
export function grad(
  outputs: OneOrMany,
  inputs: readonly Tensor[],
  options: GradOptions & { allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: OneOrMany,
  inputs: readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad(
  outputs: OneOrMany,
  inputs: readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  const {
    gradOutputs,
    createGraph = false,
    retainGraph = createGraph,
    allowUnused = false,
  } = options;
  const vectors = gradOutputs === undefined ? undefined : handlesOf(gradOutputs);
  return native
    .grad(handlesOf(outputs), handlesOf(inputs), vectors, retainGraph, createGraph, allowUnused)
    .map((handle) => (handle === null ? null : new Tensor(handle)));
}

/** Adds the gradients of the outputs to `grad` of every leaf that they depend on. */
export function backward(outputs: OneOrMany, options: Omit<GradOptions, 'allowUnused'> = {}): void {
  const { gradOutputs, createGraph = false, retainGraph = createGraph } = options;
  const vectors = gradOutputs === undefined ? undefined : handlesOf(gradOutputs);
  native.backward(handlesOf(outputs), vectors, retainGraph, createGraph);
}

/**
 * A tensor's shape, type and graph without its values: NaN everywhere, in the memory of one number. Null unless the graph
 * keeps what the values were made from, as that of a gradient of `mixKernels`' kernels does.
 */
export function withoutValues(tensor: Tensor): Tensor | null {
  const handle = native.withoutValues(tensor.handle);
  return handle === null ? null : new Tensor(handle);
}

/** The values that `withoutValues` left out, to the same bits, without a graph. @throws TorchError once the graph is freed. */
export const remakeValues = (tensor: Tensor): Tensor =>
  new Tensor(native.remakeValues(tensor.handle));

function withGradMode<T>(enabled: boolean, name: string, body: () => T): T {
  const before = native.setGradMode(enabled);
  try {
    const result = body();
    refusePromise(name, result);
    return result;
  } finally {
    native.setGradMode(before);
  }
}

/** Runs `body` without recording for gradients. */
export const noGrad = <T>(body: () => T): T => withGradMode(false, 'noGrad', body);

/** Runs `body` recording for gradients, also inside `noGrad`. */
export const enableGrad = <T>(body: () => T): T => withGradMode(true, 'enableGrad', body);

/**
 * Runs `body` with matrix products and convolutions in a lower precision and the rest as LibTorch's
 * autocast lists say. Run the forward pass and the loss inside, `grad` outside.
 * @param options.dtype bfloat16 (default), or float16 on CUDA.
 */
export function autocast<T>(
  body: () => T,
  options: { device?: Device; dtype?: DType; enabled?: boolean } = {},
): T {
  const { device = 'cpu', dtype = 'bfloat16', enabled = true } = options;
  const [wasEnabled, dtypeBefore] = native.enterAutocast(device, dtypeCode(dtype)!, enabled);
  try {
    const result = body();
    refusePromise('autocast', result);
    return result;
  } finally {
    native.leaveAutocast(device, wasEnabled, dtypeCode(dtypeName(dtypeBefore))!);
  }
}

/** A stage of a network, called again in the backward pass: it must depend on its input alone. */
export type Segment = (input: Tensor) => Tensor;

/**
 * Loss and first gradients of `loss(segments(input))`, storing only what passes between segments and
 * computing each segment's inside a second time (Chen et al. 2016, "Training Deep Nets with Sublinear
 * Memory Cost"). Memory is that of the largest segment; time is one more forward pass.
 *
 * @param options.generators streams that the segments draw from; both passes see the same draws.
 * @throws TorchError when a parameter has no gradient.
 */
export function checkpointedGrad(
  segments: readonly Segment[],
  input: Tensor,
  loss: (output: Tensor) => Tensor,
  options: { parameters: readonly Tensor[]; generators?: readonly Generator[] },
): { loss: Tensor; grads: Tensor[] } {
  const { parameters, generators = [] } = options;
  return scope(() => {
    const inputs = [input];
    const states: Uint8Array[][] = [];
    noGrad(() => {
      for (const segment of segments) {
        states.push(generators.map((generator) => generator.state));
        inputs.push(scope(() => segment(inputs.at(-1)!)));
      }
    });
    const after = generators.map((generator) => generator.state);

    const sums: (Tensor | null)[] = parameters.map(() => null);
    const accumulate = (gradients: readonly (Tensor | null)[]) => {
      gradients.forEach((gradient, i) => {
        const sum = sums[i];
        // Not in place: LibTorch may give two inputs one tensor as their gradient.
        if (gradient) sums[i] = sum === null ? gradient : sum.add(gradient);
      });
    };

    const head = inputs.pop()!.detach().requiresGrad_();
    const value = enableGrad(() => loss(head));
    const [first, ...rest] = grad(value, [head, ...parameters], { allowUnused: true });
    accumulate(rest);
    let upstream = first;
    for (let i = segments.length - 1; i >= 0 && upstream; i--) {
      const gradOutputs: Tensor = upstream;
      const [next, ...gradients] = scope(() => {
        generators.forEach((generator, g) => {
          generator.state = states[i][g];
        });
        const leaf = inputs[i].detach().requiresGrad_();
        const output = enableGrad(() => segments[i](leaf));
        return grad(output, [leaf, ...parameters], { gradOutputs, allowUnused: true });
      });
      accumulate(gradients);
      upstream = next;
    }
    generators.forEach((generator, g) => {
      generator.state = after[g];
    });
    const missing = sums.indexOf(null);
    if (missing >= 0)
      throw new TorchError(
        `checkpointedGrad: parameter ${missing} has no gradient; no segment uses it`,
      );
    return { loss: value.detach(), grads: sums as Tensor[] };
  });
}
