/** Tensors from JavaScript values. */
import { native } from './binding.ts';
import { type Device, type DType, dtypeCode, dtypeOfArray, type TypedArray } from './dtype.ts';
import { keep, scope } from './lifetime.ts';
import { Tensor } from './ops.gen.ts';

export type NestedArray = readonly (number | boolean | NestedArray)[];

function shapeOf(values: NestedArray): number[] {
  const shape: number[] = [];
  let level: unknown = values;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

function flatten(
  values: unknown,
  shape: readonly number[],
  depth: number,
  into: (number | boolean)[],
): void {
  if (depth === shape.length) {
    if (typeof values !== 'number' && typeof values !== 'boolean') {
      throw new TypeError(
        `tensor(): expected a number or boolean, got ${Array.isArray(values) ? 'an array' : typeof values}`,
      );
    }
    into.push(values);
    return;
  }
  if (!Array.isArray(values) || values.length !== shape[depth]) {
    throw new TypeError(
      `tensor(): rows at depth ${depth} differ in length; expected ${shape[depth]}`,
    );
  }
  for (const value of values) flatten(value, shape, depth + 1, into);
}

function fromBytes(source: ArrayBufferView, shape: readonly number[], dtype: DType): Tensor {
  return new Tensor(native.fromBytes(source, shape, dtypeCode(dtype)!));
}

function fromNested(data: number | boolean | NestedArray, wanted: DType | undefined): Tensor {
  const flat: (number | boolean)[] = [];
  const shape = Array.isArray(data) ? shapeOf(data) : [];
  flatten(data, shape, 0, flat);
  const boolean = flat.length > 0 && flat.every((value) => typeof value === 'boolean');
  const dtype = wanted ?? (boolean ? 'bool' : 'float32');
  // Through float64, which holds every number that JavaScript has.
  return scope(() => fromBytes(Float64Array.from(flat, Number), shape, 'float64').to({ dtype }));
}

/**
 * A new tensor with a copy of `data`: a number or boolean, nested arrays, or a typed array with `shape`.
 * Arrays become float32 (bool where all are booleans), typed arrays keep their type.
 *
 * @throws TypeError for ragged arrays, a Uint16Array without dtype, or a shape that does not fit.
 * @example tensor([[1, 2], [3, 4]]); tensor(pixels, { shape: [3, 64, 64] });
 */
export function tensor(
  data: number | boolean | NestedArray | TypedArray,
  options: {
    shape?: readonly number[];
    dtype?: DType;
    device?: Device;
    requiresGrad?: boolean;
  } = {},
): Tensor {
  const { shape, dtype, device = 'cpu', requiresGrad = false } = options;
  return scope(() => {
    let made: Tensor;
    if (ArrayBuffer.isView(data)) {
      const bits = data instanceof Uint16Array;
      const stored = bits ? (dtype ?? dtypeOfArray(data)) : dtypeOfArray(data);
      const value = fromBytes(data, shape ?? [data.length], stored);
      made = dtype === undefined ? value : value.to({ dtype });
    } else {
      const value = fromNested(data as number | boolean | NestedArray, dtype);
      made = shape === undefined ? value : value.reshape(shape);
    }
    const placed = device === 'cpu' ? made : upload(made, device);
    return requiresGrad ? placed.requiresGrad_() : placed;
  });
}

/**
 * The same values on a device; where they are there already, the same memory. A GPU copies them out of pinned memory:
 * neither does the host wait for it, nor it for the host.
 * @throws TorchError where there is no such device.
 */
export function upload(value: Tensor, device: Device): Tensor {
  return scope(() => new Tensor(native.upload(value.handle, device)));
}

/** A leaf that outlives every scope and requires gradients: what a module's parameter is. */
export function parameter(value: Tensor): Tensor {
  return keep(scope(() => value.detach().clone().requiresGrad_()));
}
