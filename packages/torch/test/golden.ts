/** Reads what golden/make-golden.py wrote, and compares tensors with it. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { typedArrayFor } from '../src/dtype.ts';
import {
  type DType,
  environment,
  type MemoryFormat,
  scope,
  type Tensor,
  tensor,
  viewAsComplex,
  viewAsReal,
} from '../src/index.ts';

export interface GoldenTensor {
  dtype: DType;
  shape: number[];
  data: string;
  format?: MemoryFormat;
}

export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8')) as T;

export const isGoldenTensor = (value: unknown): value is GoldenTensor =>
  typeof value === 'object' && value !== null && 'data' in value;

export function fromGolden({ dtype, shape, data, format }: GoldenTensor): Tensor {
  const elements = typedArrayFor(dtype, Uint8Array.from(Buffer.from(data, 'base64')).buffer);
  if (dtype.startsWith('complex')) return viewAsComplex(tensor(elements, { shape: [...shape, 2] }));
  const made = tensor(elements, { shape, dtype });
  return format === undefined ? made : made.contiguous({ memoryFormat: format });
}

/**
 * How far a number may lie from the expected one, in units of the largest expected one (at least 1):
 * processors sum in different orders. Other dtypes must be equal.
 */
const TOLERANCES: Partial<Record<DType, number>> = {
  float64: 1e-12,
  complex128: 1e-12,
  float32: 1e-5,
  complex64: 1e-5,
  // Twice the distance from 1 to the next number: some processors' kernels sum in bfloat16, others in float32. The values
  // are those of LibTorch 1.13; other versions sum in other orders.
  bfloat16: environment().version.startsWith('1.13.') ? 2 ** -6 : 2 ** -5,
};

const isComplex = (value: Tensor) => value.dtype.startsWith('complex');

/** The elements as numbers; complex ones as real and imaginary parts in turn. */
const numbers = (value: Tensor): number[] =>
  (isComplex(value) ? viewAsReal(value.resolveConj()) : value).to({ dtype: 'float64' }).toArray();

export function expectGolden(actual: Tensor, golden: GoldenTensor): void {
  const { dtype, shape, format } = golden;
  expect({ dtype: actual.dtype, shape: actual.shape }).toEqual({ dtype, shape });
  if (format !== undefined) expect(actual.isContiguous(format)).toBe(true);
  const [a, b] = scope(() => [numbers(actual), numbers(fromGolden(golden))]);
  const largest = Math.max(1, ...b.filter(Number.isFinite).map(Math.abs));
  const tolerance = (TOLERANCES[dtype] ?? 0) * largest;
  const near = (x: number, y: number) => Object.is(x, y) || Math.abs(x - y) <= tolerance;
  const wrong = a.findIndex((x, k) => !near(x, b[k]));
  expect({ element: wrong, value: a[wrong] }).toEqual({ element: -1, value: undefined });
}
