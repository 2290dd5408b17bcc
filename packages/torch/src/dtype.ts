/** Element types, memory formats and devices: their names here, LibTorch's codes, their typed arrays. */
import { TorchError } from './errors.ts';

/** `c10::ScalarType` codes. */
const DTYPE_CODES = {
  uint8: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float16: 5,
  float32: 6,
  float64: 7,
  complex64: 9,
  complex128: 10,
  bool: 11,
  bfloat16: 15,
} as const;

export type DType = keyof typeof DTYPE_CODES;

/** `c10::MemoryFormat` codes. */
const FORMAT_CODES = { contiguous: 0, preserve: 1, channelsLast: 2, channelsLast3d: 3 } as const;

export type MemoryFormat = keyof typeof FORMAT_CODES;

/** `'cpu'`, `'cuda'` or one device of several, `'cuda:1'`. */
export type Device = 'cpu' | 'cuda' | `cuda:${number}`;

/** A number that an operator takes beside tensors. Integral numbers keep integer tensors integer. */
export type Scalar = number | bigint | boolean;

export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

const NAMES = new Map<number, DType>(
  Object.entries(DTYPE_CODES).map(([name, code]) => [code, name as DType]),
);

export function dtypeName(code: number): DType {
  const name = NAMES.get(code);
  if (!name) throw new TorchError(`LibTorch's dtype number ${code} has no form in JavaScript`);
  return name;
}

function codeOf(table: Readonly<Record<string, number>>, what: string, name: string): number {
  if (Object.hasOwn(table, name)) return table[name];
  throw new TypeError(`unknown ${what} '${name}'; one of: ${Object.keys(table).join(', ')}`);
}

/** undefined and null pass, for optional arguments. */
export function dtypeCode(dtype: DType | null | undefined): number | undefined {
  return dtype == null ? undefined : codeOf(DTYPE_CODES, 'dtype', dtype);
}

/** undefined and null pass, for optional arguments. */
export function formatCode(format: MemoryFormat | null | undefined): number | undefined {
  return format == null ? undefined : codeOf(FORMAT_CODES, 'memory format', format);
}

/**
 * A typed array for `length` elements: bool as Uint8Array (0 and 1), float16 and bfloat16 as the bits in
 * a Uint16Array, complex numbers as interleaved real and imaginary parts.
 */
export function typedArrayFor(dtype: DType, buffer: ArrayBuffer): TypedArray {
  switch (dtype) {
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(buffer);
    case 'float32':
    case 'complex64':
      return new Float32Array(buffer);
    case 'float64':
    case 'complex128':
      return new Float64Array(buffer);
  }
}

/** The dtype that a typed array holds unless the caller says otherwise. */
export function dtypeOfArray(array: TypedArray): DType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Uint8Array) return 'uint8';
  if (array instanceof Int8Array) return 'int8';
  if (array instanceof Int16Array) return 'int16';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof BigInt64Array) return 'int64';
  throw new TypeError(
    `a ${(array as object).constructor.name} needs an explicit dtype (a Uint16Array: float16 or bfloat16)`,
  );
}
