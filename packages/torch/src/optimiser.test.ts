/** What the kernels take and what they leave; that they compute the optimisers' formulas is shown beside those. */
import { expect, test } from 'vitest';
import {
  Generator,
  liveTensors,
  pullBackAdam,
  pullBackRMSprop,
  randn,
  scope,
  stepAdam,
  stepRMSprop,
  type Tensor,
} from './index.ts';

const adam = { betas: [0.9, 0.999], eps: 1e-8, lr: 0.1, step: 3, decay: 0.1, shrink: 0.9 } as const;
const rms = { alpha: 0.9, momentum: 0.5, eps: 1e-8, lr: 0.1, decay: 0.1 };

/** value, gradient, two slots and a cotangent, [5, 7]. */
const drawn = (change: (t: Tensor) => Tensor = (t) => t): Tensor[] => {
  using generator = new Generator(2);
  return Array.from({ length: 5 }, () => change(randn([5, 7], { generator }).abs()));
};
const calls = ([value, gradient, a, b, cotangent]: Tensor[]) => {
  const tensors = { value, gradient, state: [a, b] };
  return [
    pullBackAdam(tensors, cotangent, adam) !== null,
    pullBackRMSprop({ ...tensors, state: [a] }, cotangent, rms) !== null,
    stepAdam(tensors, adam),
    stepRMSprop(tensors, rms),
  ];
};

test('take float32 that lie alike, and change value and state', () => {
  const before = liveTensors();
  scope(() => {
    for (const change of [(t: Tensor) => t, (t: Tensor) => t.transpose(0, 1)]) {
      const tensors = drawn(change);
      const numbers = tensors.map((t) => t.toArray());
      expect(calls(tensors)).toEqual([true, true, true, true]);
      const changed = tensors.map((t, i) => t.toArray().some((x, k) => x !== numbers[i][k]));
      expect(changed).toEqual([true, false, true, true, false]);
    }
  });
  expect(liveTensors()).toBe(before);
});

test('leave other types, layouts and shapes as they are, and say so', () => {
  scope(() => {
    const wide = drawn((t) => t.to({ dtype: 'float64' }));
    const gaps = drawn((t) => t.narrow(1, 0, 3));
    const [value, gradient, ...rest] = drawn();
    const turned = [value, gradient.transpose(0, 1).contiguous().transpose(0, 1), ...rest];
    const short = [value, gradient.narrow(0, 0, 1), ...rest];
    for (const tensors of [wide, gaps, turned, short]) {
      const numbers = tensors.map((t) => t.toArray());
      expect(calls(tensors)).toEqual([false, false, false, false]);
      expect(tensors.map((t) => t.toArray())).toEqual(numbers);
    }
  });
});
