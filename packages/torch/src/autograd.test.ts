import { describe, expect, it } from 'vitest';
import {
  autocast,
  backward,
  bernoulli,
  checkpointedGrad,
  enableGrad,
  Generator,
  grad,
  matmul,
  memory,
  noGrad,
  parameter,
  randn,
  resetPeakMemory,
  type Segment,
  scope,
  type Tensor,
  TorchError,
  tensor,
} from './index.ts';

const leaf = (values: number | number[]) => tensor(values, { requiresGrad: true });

describe('grad', () => {
  it('differentiates once and, with createGraph, again and again', () =>
    scope(() => {
      const x = leaf([1, 2, 3]);
      const [first] = grad(x.pow(4).sum(), [x], { createGraph: true });
      const [second] = grad(first.sum(), [x], { createGraph: true });
      const [third] = grad(second.sum(), [x]);
      expect(first.toArray()).toEqual([4, 32, 108]); // 4 x^3
      expect(second.toArray()).toEqual([12, 48, 108]); // 12 x^2
      expect(third.toArray()).toEqual([24, 48, 72]); // 24 x
    }));

  it('takes vectors for outputs that are no scalars', () =>
    scope(() => {
      const x = leaf([1, 2]);
      const [g] = grad(x.square(), [x], { gradOutputs: tensor([3, 5]) });
      expect(g.toArray()).toEqual([6, 20]);
      expect(() => grad(x.square(), [x])).toThrow(TorchError);
    }));

  it('makes a missing gradient an error, unless told that it may be', () =>
    scope(() => {
      const [x, unused] = [leaf([1, 2]), leaf([3])];
      const y = x.sum();
      expect(() => grad(y, [x, unused], { retainGraph: true })).toThrow(
        /input 1 of shape \[1\] has no gradient/,
      );
      const [, missing] = grad(y, [x, unused], { allowUnused: true });
      expect(missing).toBeNull();
    }));

  it('refuses inputs that require none, outputs without graph, and empty lists', () =>
    scope(() => {
      const x = leaf([1]);
      const constant = tensor([1]);
      expect(() => grad(x.sum(), [constant])).toThrow(/input 0 does not require a gradient/);
      expect(() => grad(constant.sum(), [x])).toThrow(TorchError);
      expect(() => grad([], [x])).toThrow(/must not be empty/);
      expect(() => grad(x.sum(), [])).toThrow(/must not be empty/);
    }));

  it('frees the graph unless it is retained', () =>
    scope(() => {
      const x = leaf([2]);
      const y = x.square().sum();
      grad(y, [x], { retainGraph: true });
      grad(y, [x]);
      expect(() => grad(y, [x])).toThrow(/second time/);
    }));
});

describe('backward', () => {
  it('accumulates into the leaves until their gradients are cleared', () =>
    scope(() => {
      const x = leaf([1, 2]);
      expect(x.grad).toBeNull();
      backward(x.square().sum());
      backward(x.sum());
      expect(x.grad?.toArray()).toEqual([3, 5]);
      x.grad = null;
      expect(x.grad).toBeNull();
      x.grad = tensor([7, 8]);
      expect(x.grad.toArray()).toEqual([7, 8]);
    }));

  it('refuses a gradient that does not fit its tensor', () =>
    scope(() => {
      const x = leaf([1, 2]);
      for (const wrong of [tensor([1]), tensor([1, 2], { dtype: 'float64' })]) {
        expect(() => {
          x.grad = wrong;
        }).toThrow(/shape, dtype and device/);
      }
    }));
});

describe('gradient mode', () => {
  const traced = (x: Tensor) => scope(() => x.mul(2).requiresGrad);

  it('nests', () =>
    scope(() => {
      const x = leaf([1]);
      expect(noGrad(() => [traced(x), enableGrad(() => traced(x)), traced(x)])).toEqual([
        false,
        true,
        false,
      ]);
      expect(traced(x)).toBe(true);
    }));

  it('comes back after an exception', () =>
    scope(() => {
      const x = leaf([1]);
      const fail = () => {
        throw new Error('inside');
      };
      expect(() => noGrad(() => enableGrad(fail))).toThrow('inside');
      expect(traced(x)).toBe(true);
    }));

  it('refuses asynchronous functions', () => {
    expect(() => noGrad(async () => 1)).toThrow(TypeError);
    expect(() => autocast(async () => 1)).toThrow(TypeError);
  });

  it('refuses to record integers, and to stop where there is a history', () =>
    scope(() => {
      expect(() => tensor([1], { dtype: 'int64' }).requiresGrad_()).toThrow(TorchError);
      expect(() => leaf([1]).mul(2).requiresGrad_(false)).toThrow(TorchError);
    }));
});

describe('autocast', () => {
  const product = () =>
    scope(() => matmul(tensor([[1, 2]]), tensor([[3], [4]])).dtype) as 'float32' | 'bfloat16';

  it('lowers products inside and nowhere else', () => {
    expect(autocast(product)).toBe('bfloat16');
    expect(product()).toBe('float32');
    expect(autocast(() => [autocast(product, { enabled: false }), product()])).toEqual([
      'float32',
      'bfloat16',
    ]);
  });

  it('comes back after an exception', () => {
    const fail = () => {
      throw new Error('inside');
    };
    expect(() => autocast(fail)).toThrow('inside');
    expect(product()).toBe('float32');
  });

  it('gives gradients in the parameters own type, close to those in full precision', () =>
    scope(() => {
      const w = leaf([0.5, -1.25]);
      const x = tensor([
        [1, 2],
        [3, 4],
      ]);
      const loss = () => matmul(x, w).square().sum();
      const [low] = grad(autocast(loss), [w]);
      const [full] = grad(loss(), [w]);
      expect(low.dtype).toBe('float32');
      low.toArray().forEach((value, k) => {
        expect(Math.abs(value / full.toArray()[k] - 1)).toBeLessThan(2 ** -6);
      });
    }));

  it('refuses types and devices that it does not know', () => {
    expect(() => autocast(product, { dtype: 'float16' })).toThrow(/takes bfloat16/);
    expect(() => autocast(product, { dtype: 'float32' })).toThrow(/takes bfloat16/);
    expect(() => autocast(product, { device: 'tpu' as 'cpu' })).toThrow(TorchError);
    expect(product()).toBe('float32');
  });
});

describe('checkpointedGrad', () => {
  const square = (y: Tensor) => y.square().sum();

  /** Loss and gradients as plain numbers; `generator` starts anew. */
  function compare(segments: readonly Segment[], input: Tensor, parameters: readonly Tensor[]) {
    const whole = (x: Tensor) => segments.reduce((value, segment) => segment(value), x);
    const plain = () => {
      const loss = square(whole(input));
      return { loss, grads: grad(loss, parameters) };
    };
    const checkpointed = () => checkpointedGrad(segments, input, square, { parameters });
    return [plain, checkpointed].map((run) =>
      scope(() => {
        const { loss, grads } = run();
        return { loss: loss.item(), grads: grads.map((g) => g.toArray()) };
      }),
    );
  }

  it('equals grad', () =>
    scope(() => {
      const weights = [0.5, -1, 2].map((value) => leaf([value, 1]));
      const segments = weights.map(
        (w): Segment =>
          (x) =>
            x.mul(w).tanh().add(x),
      );
      const [plain, checkpointed] = compare(segments, tensor([0.3, -0.7]), weights);
      expect(checkpointed).toEqual(plain);
    }));

  it('equals grad where parameters are shared between segments and with each other', () =>
    scope(() => {
      const [a, b] = [leaf([2]), leaf([3])];
      const segments: Segment[] = [(x) => x.mul(a), (x) => x.add(a).add(b)];
      const [plain, checkpointed] = compare(segments, tensor([5]), [a, b]);
      expect(checkpointed).toEqual(plain);
    }));

  it('draws the same random numbers in both passes and leaves the stream behind them', () =>
    scope(() => {
      const generator = new Generator(7);
      const w = leaf([1, 2, 3, 4]);
      const drop: Segment = (x) => x.mul(w).mul(bernoulli(x.detach(), 0.5, { generator }));
      const input = tensor([1, 1, 1, 1]);
      const { grads } = checkpointedGrad([drop, drop], input, square, {
        parameters: [w],
        generators: [generator],
      });
      const next = randn([2], { generator }).toArray();

      generator.seed(7);
      const [expected] = grad(square(drop(drop(input))), [w]);
      expect(grads[0].toArray()).toEqual(expected.toArray());
      expect(next).toEqual(randn([2], { generator }).toArray());
    }));

  it('needs less memory than grad', () =>
    scope(() => {
      const w = parameter(tensor([0.9]));
      const segment: Segment = (x) => x.mul(w).tanh().mul(w).tanh();
      const input = randn([1 << 16], { generator: new Generator(0) });
      const segments = Array.from({ length: 8 }, () => segment);
      const peakOf = (run: () => unknown) => {
        resetPeakMemory();
        const before = memory().live;
        scope(() => {
          run();
        });
        return memory().peak - before;
      };
      const whole = () => square(segments.reduce((x, stage) => stage(x), input));
      const plain = peakOf(() => grad(whole(), [w]));
      const checkpointed = peakOf(() =>
        checkpointedGrad(segments, input, square, { parameters: [w] }),
      );
      expect(checkpointed).toBeLessThan(0.7 * plain);
      w.dispose();
    }));

  it('makes a missing gradient an error', () =>
    scope(() => {
      const [used, unused] = [leaf([1]), leaf([2])];
      const run = () =>
        checkpointedGrad([(x) => x.mul(used)], tensor([1]), square, { parameters: [used, unused] });
      expect(run).toThrow(/parameter 1 has no gradient/);
      expect(run).toThrow(TorchError);
    }));
});
