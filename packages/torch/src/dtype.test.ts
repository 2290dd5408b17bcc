import { describe, expect, it } from 'vitest';
import { type DType, dtypeCode, dtypeName, formatCode, typedArrayFor } from './dtype.ts';
import { scope, TorchError, type TypedArray, tensor } from './index.ts';

/** What [0, 1, 3] becomes in each dtype: the type of array and its elements. */
const ARRAYS: [DType, new (buffer: ArrayBuffer) => TypedArray, (number | bigint)[]][] = [
  ['bool', Uint8Array, [0, 1, 1]],
  ['uint8', Uint8Array, [0, 1, 3]],
  ['int8', Int8Array, [0, 1, 3]],
  ['int16', Int16Array, [0, 1, 3]],
  ['int32', Int32Array, [0, 1, 3]],
  ['int64', BigInt64Array, [0n, 1n, 3n]],
  ['float16', Uint16Array, [0, 0x3c00, 0x4200]],
  ['bfloat16', Uint16Array, [0, 0x3f80, 0x4040]],
  ['float32', Float32Array, [0, 1, 3]],
  ['float64', Float64Array, [0, 1, 3]],
  ['complex64', Float32Array, [0, 0, 1, 0, 3, 0]],
  ['complex128', Float64Array, [0, 0, 1, 0, 3, 0]],
];

describe('each dtype', () => {
  it.each(ARRAYS)('%s has its typed array', (dtype, type, elements) =>
    scope(() => {
      const array = tensor([0, 1, 3], { dtype }).toTypedArray();
      expect(array).toBeInstanceOf(type);
      expect(Array.from<number | bigint>(array)).toEqual(elements);
    }),
  );

  it.each(ARRAYS)('%s has a name, a code and a form for no elements', (dtype, type) => {
    expect(dtypeName(dtypeCode(dtype)!)).toBe(dtype);
    expect(typedArrayFor(dtype, new ArrayBuffer(0))).toBeInstanceOf(type);
  });
});

it('unknown names are refused with those there are', () => {
  expect(() => dtypeCode('float8' as DType)).toThrow(/unknown dtype 'float8'; one of: uint8, int8/);
  expect(() => dtypeCode('toString' as DType)).toThrow(TypeError);
  expect(() => formatCode('nhwc' as 'preserve')).toThrow(/one of: contiguous, preserve/);
  expect(() => dtypeName(12)).toThrow(TorchError); // a quantised type
});
