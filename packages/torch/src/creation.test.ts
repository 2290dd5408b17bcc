import { describe, expect, it } from 'vitest';
import {
  environment,
  type NestedArray,
  ones,
  parameter,
  scope,
  TorchError,
  type TypedArray,
  tensor,
  upload,
} from './index.ts';

describe('tensor', () => {
  it.each<[string, number | boolean | NestedArray, number[], string, number[]]>([
    ['a number', 2.5, [], 'float32', [2.5]],
    ['a boolean', true, [], 'bool', [1]],
    ['a row', [1, 2, 3], [3], 'float32', [1, 2, 3]],
    [
      'rows',
      [
        [1, 2],
        [3, 4],
      ],
      [2, 2],
      'float32',
      [1, 2, 3, 4],
    ],
    ['booleans', [[true], [false]], [2, 1], 'bool', [1, 0]],
    ['booleans among numbers', [true, 2], [2], 'float32', [1, 2]],
    ['nothing', [], [0], 'float32', []],
    ['rows of nothing', [[], []], [2, 0], 'float32', []],
  ])('takes %s', (_, data, shape, dtype, elements) =>
    scope(() => {
      const made = tensor(data);
      expect([made.shape, made.dtype, made.toArray()]).toEqual([shape, dtype, elements]);
    }),
  );

  it.each<[TypedArray, string]>([
    [Float32Array.of(1, 2), 'float32'],
    [Float64Array.of(1, 2), 'float64'],
    [Uint8Array.of(1, 2), 'uint8'],
    [Int8Array.of(1, 2), 'int8'],
    [Int16Array.of(1, 2), 'int16'],
    [Int32Array.of(1, 2), 'int32'],
    [BigInt64Array.of(1n, 2n), 'int64'],
  ])('copies %o and keeps its type', (data, dtype) =>
    scope(() => {
      const made = tensor(data, { shape: [2, 1] });
      data.copyWithin(0, 1);
      expect([made.shape, made.dtype, made.toArray()]).toEqual([[2, 1], dtype, [1, 2]]);
    }),
  );

  it('copies the part of a buffer that an array shows', () =>
    scope(() => {
      const part = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
      expect(tensor(part).toArray()).toEqual([2, 3]);
    }));

  it('takes the bits of half precision from a Uint16Array', () =>
    scope(() => {
      const bits = Uint16Array.of(0x3f80, 0x4040);
      expect(tensor(bits, { dtype: 'bfloat16' }).to({ dtype: 'float32' }).toArray()).toEqual([
        1, 3,
      ]);
      expect(() => tensor(bits)).toThrow(/needs an explicit dtype/);
    }));

  it('converts to the dtype asked for', () =>
    scope(() => {
      expect(tensor([1.7, -1.7], { dtype: 'int32' }).toArray()).toEqual([1, -1]);
      expect(tensor(Uint8Array.of(0, 7), { dtype: 'bool' }).toArray()).toEqual([0, 1]);
      expect(tensor([2 ** 53 - 1], { dtype: 'int64' }).item()).toBe(2 ** 53 - 1);
      expect(tensor([0.1], { dtype: 'float64' }).item()).toBe(0.1);
    }));

  it('gives nested numbers another shape', () =>
    scope(() => {
      expect(tensor([1, 2, 3, 4], { shape: [2, 2] }).shape).toEqual([2, 2]);
    }));

  it.each<[string, () => unknown, RegExp]>([
    ['ragged rows', () => tensor([[1, 2], [3]]), /rows at depth 1 differ in length; expected 2/],
    [
      'rows among numbers',
      () => tensor([1, [2]] as NestedArray),
      /expected a number or boolean, got an array/,
    ],
    ['numbers among rows', () => tensor([[1], 2] as NestedArray), /rows at depth 1/],
    ['strings', () => tensor(['1'] as unknown as NestedArray), /got string/],
    ['null', () => tensor(null as unknown as number), /got object/],
    [
      'a shape that does not fit',
      () => tensor(new Float32Array(3), { shape: [2, 2] }),
      /need 16 bytes, the array has 12/,
    ],
    ['a negative size', () => tensor(new Float32Array(1), { shape: [-1] }), /negative/],
    ['a fractional size', () => tensor(new Float32Array(1), { shape: [0.5] }), /safe integer/],
    ['a huge size', () => tensor(new Float32Array(1), { shape: [2 ** 40, 2 ** 40] }), /overflow/],
    [
      'an unknown dtype',
      () => tensor([1], { dtype: 'float8' as 'float32' }),
      /unknown dtype 'float8'/,
    ],
    ['an unknown device', () => tensor([1], { device: 'disk' as 'cpu' }), /disk/],
    [
      'an array of no dtype',
      () => tensor(new Uint32Array(1) as unknown as TypedArray),
      /Uint32Array/,
    ],
    [
      'integers with gradient',
      () => tensor(new Int32Array(1), { requiresGrad: true }),
      /floating point/,
    ],
  ])('refuses %s and leaves nothing behind', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

it('upload gives the same values on the device, and says where there is none', () =>
  scope(() => {
    const value = tensor([1, 2.5], { requiresGrad: true });
    const [there, absent] = ['cpu', `cuda:${environment().cuda.length}`] as const;
    const moved = upload(value, there);
    expect([moved.device, moved.toArray(), moved.requiresGrad]).toEqual([there, [1, 2.5], true]);
    expect(() => upload(value, absent)).toThrow(TorchError);
    if (absent === 'cuda:0')
      expect(() => upload(value, 'cuda')).toThrow('upload: there is no CUDA device; genseg doctor');
    if (environment().cuda.length === 0) return;
    const far = upload(value, 'cuda').mul(2);
    expect([far.device, far.toArray()]).toEqual(['cuda:0', [2, 5]]);
    const strided = tensor([
      [1, 2],
      [3, 4],
    ]).transpose(0, 1);
    expect(upload(strided, 'cuda').toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  }));

it('a parameter is a leaf with memory of its own', () =>
  scope(() => {
    const value = ones([2]);
    const made = parameter(value);
    value.zero_();
    expect([made.isLeaf, made.requiresGrad, made.toArray()]).toEqual([true, true, [1, 1]]);
    made.dispose();
    expect(() => parameter(ones([2], { dtype: 'int32' }))).toThrow(/floating point/);
  }));
