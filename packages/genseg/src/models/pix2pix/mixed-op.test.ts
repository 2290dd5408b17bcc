import {
  conv2d,
  convTranspose2d,
  Generator,
  grad,
  liveTensors,
  scope,
  stack,
  type Tensor,
  tensor,
} from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { largestDifference, wave } from '../../../test/numeric.ts';
import { Parameter, substitute } from '../../nn/index.ts';
import { candidates, doubling, halving, MixedOp, mergeKernels } from './index.ts';

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

const resamplings = [
  { name: 'halving', resampling: halving, apply: conv2d, outputShape: [2, 2, 3, 4] },
  { name: 'doubling', resampling: doubling, apply: convTranspose2d, outputShape: [2, 2, 12, 16] },
];

describe.each(resamplings)('$name', ({ resampling, apply, outputShape }) => {
  /** alpha, the three kernels, and the input. */
  const values = (): Tensor[] =>
    [
      wave([3], 0),
      ...candidates.map(({ kernel }, i) => wave(resampling.kernelShape(3, 2, kernel), i + 1)),
      wave([2, 3, 6, 8], 4),
    ].map((x) => x.requiresGrad_());

  /** The definition: each candidate on its own, and the weighted sum of their outputs. */
  const plain = ([alpha, ...rest]: Tensor[]): Tensor => {
    const x = rest.at(-1)!;
    const outputs = candidates.map(({ padding }, i) => apply(x, rest[i], { stride: 2, padding }));
    return stack(outputs)
      .mul(alpha.softmax(0).reshape([3, 1, 1, 1, 1]))
      .sum(0);
  };

  const merged = ([alpha, ...rest]: Tensor[]): Tensor => {
    const kernel = mergeKernels(rest.slice(0, 3), alpha.softmax(0));
    return resampling.apply(rest[3], kernel, 3, undefined);
  };

  /** Output, gradients, and the gradients of a function of the gradients. */
  const upToSecondOrder = (f: (values: Tensor[]) => Tensor): Tensor[] => {
    const at = values();
    const output = f(at);
    const loss = output.mul(wave(output.shape, 5)).square().sum();
    const first = grad(loss, at, { createGraph: true });
    const second = grad(
      first.map((g, i) => g.mul(wave(g.shape, i)).sum()).reduce((a, b) => a.add(b)),
      at,
    );
    return [output, ...first, ...second];
  };

  test('merged is the weighted sum, in value and in first and second derivatives', () => {
    scope(() => {
      const [one, three] = [merged, plain].map(upToSecondOrder);
      expect(one[0].shape).toEqual(outputShape);
      expect(one.length).toBe(1 + 2 * 5);
      one.forEach((got, i) => {
        const scale = three[i].abs().max().item();
        expect(scale).toBeGreaterThan(0);
        expect(largestDifference(got, three[i]) / scale, `result ${i}`).toBeLessThan(1e-13);
      });
    });
  });

  test('in float32 too, in one pass over memory', () => {
    scope(() => {
      const wide = (f: typeof merged) => upToSecondOrder((at) => f(at));
      const narrow = (at: Tensor[]) =>
        merged(at.map((x) => x.to({ dtype: 'float32' }))).to({ dtype: 'float64' });
      const [exact, found] = [plain, narrow].map(wide);
      found.forEach((got, i) => {
        const scale = exact[i].abs().max().item();
        expect(largestDifference(got, exact[i]) / scale, `result ${i}`).toBeLessThan(1e-5);
      });
    });
  });

  test('a share of 1 leaves that candidate alone', () => {
    scope(() => {
      const [, ...rest] = values();
      candidates.forEach(({ padding }, i) => {
        const alpha = tensor(
          [0, 1, 2].map((j) => (j === i ? 0 : -1e9)),
          { dtype: 'float64' },
        );
        const alone = apply(rest[3], rest[i], { stride: 2, padding });
        expect(largestDifference(merged([alpha, ...rest]), alone)).toBeLessThan(1e-13);
      });
    });
  });

  test('MixedOp reads alpha at every pass, and does not own it', () => {
    using generator = new Generator(0);
    scope(() => {
      const [alpha, , , , x] = values();
      const level = new Parameter(alpha);
      using op = new MixedOp(3, 2, level, { resampling, bias: true, generator });
      expect([...op.stateDict().keys()]).toEqual([
        'candidates.0.weight',
        'candidates.1.weight',
        'candidates.2.weight',
        'bias',
      ]);
      const own = op.parameters().map((p) => p.value.to({ dtype: 'float64' }));
      own[3] = wave([2], 3);
      const run = () => substitute(op.parameters(), own, () => op.forward(x));
      const expected = (a: Tensor) =>
        plain([a, ...own.slice(0, 3), x]).add(own[3].reshape([1, 2, 1, 1]));
      expect(largestDifference(run(), expected(alpha))).toBeLessThan(1e-13);
      const other = wave([3], 9);
      const moved = substitute([level], [other], run);
      expect(largestDifference(moved, expected(other))).toBeLessThan(1e-13);
      level.value.dispose();
    });
  });
});
