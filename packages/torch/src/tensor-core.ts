/**
 * What a tensor is apart from its operators: shape, dtype, device, its elements as JavaScript values,
 * slicing and gradient bookkeeping. The generated `Tensor` (ops.gen.ts) adds one method per operator.
 */
import { native } from './binding.ts';
import {
  type Device,
  type DType,
  dtypeName,
  formatCode,
  type MemoryFormat,
  type TypedArray,
  typedArrayFor,
} from './dtype.ts';
import { formatTensor } from './format.ts';
import { Resource } from './lifetime.ts';

/**
 * One index of `at`: an integer drops the dimension, `[start, stop?, step?]` slices it (ends exclusive,
 * negative counts from the end), ':' keeps it, '...' keeps as many as are left, null inserts one of size 1.
 */
export type Index =
  | number
  | readonly [start: number | null, stop?: number | null, step?: number]
  | ':'
  | '...'
  | null;

export abstract class TensorCore extends Resource {
  /** Sizes, outermost first; [] for a scalar. */
  get shape(): number[] {
    return native.shape(this.handle);
  }

  /** Elements between neighbours along each dimension. */
  get strides(): number[] {
    return native.strides(this.handle);
  }

  get dim(): number {
    return this.shape.length;
  }

  get numel(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }

  get dtype(): DType {
    return dtypeName(native.dtype(this.handle));
  }

  get device(): Device {
    return native.device(this.handle) as Device;
  }

  /** Bytes of this tensor's elements. */
  get nbytes(): number {
    return native.bytesOf(this.handle);
  }

  /** @internal */
  get nativeBytes(): number {
    return this.nbytes;
  }

  isContiguous(format: MemoryFormat = 'contiguous'): boolean {
    return native.isContiguous(this.handle, formatCode(format)!);
  }

  /**
   * The only element of a one-element tensor: a number, a boolean for bool, a bigint beyond 2^53.
   * @throws TorchError for any other number of elements, and for complex ones.
   */
  item(): number {
    // The rarer types are as the doc says; number is what all but callers of int64 arithmetic meet.
    return native.item(this.handle) as number;
  }

  /** A copy of the elements in row-major order, from any device; see `typedArrayFor` for the types. */
  toTypedArray(): TypedArray {
    const array = typedArrayFor(this.dtype, new ArrayBuffer(this.nbytes));
    native.copyBytes(this.handle, array);
    return array;
  }

  /** `toTypedArray` for float32. @throws TypeError for another dtype. */
  toFloat32Array(): Float32Array {
    const array = this.toTypedArray();
    if (array instanceof Float32Array && this.dtype === 'float32') return array;
    throw new TypeError(
      `toFloat32Array needs float32, this tensor is ${this.dtype}; call .to({ dtype: 'float32' })`,
    );
  }

  /** The elements as numbers in row-major order; int64 beyond 2^53 loses its last digits. */
  toArray(): number[] {
    if (this.dtype === 'float16' || this.dtype === 'bfloat16') {
      throw new TypeError(
        `toArray has no numbers for ${this.dtype}; call .to({ dtype: 'float32' })`,
      );
    }
    return Array.from(this.toTypedArray() as ArrayLike<number | bigint>, Number);
  }

  /**
   * The tensor's own memory, without a copy: writes on either side show on the other.
   * The array keeps the memory alive after the tensor is disposed of.
   * @throws TorchError unless contiguous, on the CPU and without gradient.
   */
  sharedTypedArray(): TypedArray {
    return typedArrayFor(this.dtype, native.sharedBytes(this.handle));
  }

  /** Whether operations on this tensor are recorded for `grad`. */
  get requiresGrad(): boolean {
    return native.requiresGrad(this.handle);
  }

  /** Starts (or stops) recording. @throws TorchError for integer tensors and, to stop, for non-leaves. */
  requiresGrad_(value = true): this {
    native.setRequiresGrad(this.handle, value);
    return this;
  }

  /** Whether it was made by the user and not by an operation on tensors that require gradients. */
  get isLeaf(): boolean {
    return native.isLeaf(this.handle);
  }

  override toString(): string {
    return formatTensor(this);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
