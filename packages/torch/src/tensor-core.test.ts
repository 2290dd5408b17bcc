import { describe, expect, it } from 'vitest';
import { arange, complex, ones, scope, TorchError, tensor, zeros } from './index.ts';

describe('a tensor tells', () => {
  it('its shape, strides, sizes and layout', () =>
    scope(() => {
      const made = zeros([2, 3, 4], { dtype: 'float64' });
      const turned = made.transpose(0, 2);
      expect([turned.shape, turned.strides, turned.dim]).toEqual([[4, 3, 2], [1, 4, 12], 3]);
      expect([made.numel, made.nbytes, made.device]).toEqual([24, 192, 'cpu']);
      expect([made.isContiguous(), turned.isContiguous()]).toEqual([true, false]);
      const last = ones([1, 2, 3, 3]).contiguous({ memoryFormat: 'channelsLast' });
      expect([last.isContiguous(), last.isContiguous('channelsLast')]).toEqual([false, true]);
    }));

  it('its only element', () =>
    scope(() => {
      expect(tensor([[2.5]]).item()).toBe(2.5);
      expect(tensor(true).item()).toBe(true);
      expect(tensor(BigInt64Array.of(2n ** 62n)).item()).toBe(2n ** 62n);
      expect(() => zeros([2]).item()).toThrow(/one element, this one has 2/);
      expect(() => zeros([0]).item()).toThrow(TorchError);
      expect(() => complex(ones([1]), ones([1])).item()).toThrow(/no JavaScript number/);
    }));

  it('its elements in row-major order, whatever its strides', () =>
    scope(() => {
      const grid = arange(0, 6).view([2, 3]);
      expect(grid.transpose(0, 1).toArray()).toEqual([0, 3, 1, 4, 2, 5]);
      expect(grid.at(':', [1, null]).toArray()).toEqual([1, 2, 4, 5]);
      expect(grid.at(1).expand([2, 3]).toArray()).toEqual([3, 4, 5, 3, 4, 5]);
    }));

  it('float32 only where it is that', () =>
    scope(() => {
      expect(tensor([1, 2]).toFloat32Array()).toEqual(Float32Array.of(1, 2));
      for (const dtype of ['float64', 'complex64'] as const)
        expect(() => tensor([1], { dtype }).toFloat32Array()).toThrow(`this tensor is ${dtype}`);
      expect(() => tensor([1], { dtype: 'bfloat16' }).toArray()).toThrow(/no numbers for bfloat16/);
    }));
});

describe('sharedTypedArray', () => {
  it('shows writes on either side, at the right offset', () =>
    scope(() => {
      const made = arange(0, 4, { dtype: 'float32' });
      const tail = made.at([2, null]);
      const shared = tail.sharedTypedArray();
      shared[0] = 9;
      tail.at(1).fill_(7);
      expect(made.toArray()).toEqual([0, 1, 9, 7]);
      expect([...shared]).toEqual([9, 7]);
    }));

  it('outlives its tensor', () => {
    const made = ones([70_000]);
    const shared = made.sharedTypedArray();
    made.dispose();
    zeros([70_000]).dispose(); // would take the memory if it were free
    expect(shared[69_999]).toBe(1);
  });

  it('can be had twice, and of nothing', () =>
    scope(() => {
      const made = ones([2]);
      const [a, b] = [made.sharedTypedArray(), made.sharedTypedArray()];
      a[0] = 5;
      expect(b[0]).toBe(5);
      expect(zeros([0]).sharedTypedArray()).toHaveLength(0);
    }));

  it('is refused where the memory is not the plain elements, or has a history', () =>
    scope(() => {
      expect(() => zeros([2, 3]).transpose(0, 1).sharedTypedArray()).toThrow(TorchError);
      expect(() => tensor([1], { requiresGrad: true }).sharedTypedArray()).toThrow(TorchError);
    }));
});
