/**
 * Floating-point operations of the operators that do nearly all of them, from shapes alone: a
 * multiplication and an addition are two. Biases and what a library saves by a faster algorithm
 * (Winograd, FFT) are not counted.
 */

/** An operator's argument or result as a profile keeps it: null for what is neither of these. */
export type Value = TensorShape | boolean | readonly Value[] | null;

export interface TensorShape {
  shape: readonly number[];
  /** Bytes of one element. */
  itemSize: number;
}

type Count = (inputs: readonly Value[], outputs: readonly Value[]) => number | null;

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
const shapeOf = (value: Value): readonly number[] | null =>
  value !== null && typeof value === 'object' && 'shape' in value ? value.shape : null;

/**
 * Each element of the smaller side of a convolution - its output, or its input where it is transposed -
 * meets one filter, [in / groups, k, k] or [out / groups, k, k]: the weight without its first axis.
 */
function convolutionFlops(
  input: readonly number[] | null,
  output: readonly number[] | null,
  weight: readonly number[] | null,
  transposed: Value,
): number | null {
  const side = transposed === true ? input : output;
  return side && weight && 2 * product(side) * product(weight.slice(1));
}

const convolution: Count = ([input, weight, , , , , transposed], [output]) =>
  convolutionFlops(shapeOf(input), shapeOf(output), shapeOf(weight), transposed);

/** The gradients of input and weight cost what the convolution does, each; that of the bias, nothing. */
const convolutionBackward: Count = (inputs) => {
  const [gradOutput, input, weight, , , , , transposed, , , outputMask] = inputs;
  const shapes = [input, gradOutput, weight].map(shapeOf);
  const forward = convolutionFlops(shapes[0], shapes[1], shapes[2], transposed);
  const wanted = Array.isArray(outputMask) ? outputMask.slice(0, 2).filter(Boolean).length : 2;
  return forward && forward * wanted;
};

/** [..., m, k] by [..., k, n]. */
function productFlops(a: Value, b: Value): number | null {
  const [left, right] = [shapeOf(a), shapeOf(b)];
  return left && right && 2 * product(left) * right[right.length - 1];
}

/** By the dispatcher's names. TorchScript calls `_convolution`, which elsewhere is within `convolution`. */
const counts = new Map<string, Count>([
  ['aten::convolution', convolution],
  ['aten::_convolution', convolution],
  ['aten::convolution_backward', convolutionBackward],
  ['aten::mm', ([a, b]) => productFlops(a, b)],
  ['aten::bmm', ([a, b]) => productFlops(a, b)],
  ['aten::addmm', ([, a, b]) => productFlops(a, b)],
  ['aten::baddbmm', ([, a, b]) => productFlops(a, b)],
]);

export const countedOperators: readonly string[] = [...counts.keys()];

/** null where they are not known. */
export const flopsOf = (
  operator: string,
  inputs: readonly Value[],
  outputs: readonly Value[],
): number | null => counts.get(operator)?.(inputs, outputs) ?? null;

export function bytesOf(values: readonly Value[]): number {
  let bytes = 0;
  for (const value of values) {
    if (Array.isArray(value)) bytes += bytesOf(value);
    else if (value && typeof value === 'object' && 'shape' in value)
      bytes += product(value.shape) * value.itemSize;
  }
  return bytes;
}
