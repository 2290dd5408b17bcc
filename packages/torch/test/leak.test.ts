/** Training leaves nothing behind; bench/leak.mjs says the same of 10,000 steps and resident memory. */
import { expect, it } from 'vitest';
import {
  batchNorm,
  conv2d,
  Generator,
  grad,
  liveBytes,
  liveTensors,
  memory,
  noGrad,
  ones,
  parameter,
  randn,
  resetPeakMemory,
  scope,
  type Tensor,
  zeros,
} from '../src/index.ts';

/** A convolution with batch norm, which gradient descent teaches to answer with zeros. */
function trainer() {
  const generator = new Generator(0);
  const random = (shape: number[]) => scope(() => parameter(randn(shape, { generator }).mul(0.3)));
  const parameters = [[4, 1, 3, 3], [4], [4], [1, 4, 3, 3]].map(random);
  const [inner, scale, shift, outer] = parameters;
  const [mean, variance] = [zeros([4]), ones([4])];
  const forward = (x: Tensor) => {
    const hidden = conv2d(x, inner, { padding: 1 });
    const normal = batchNorm(hidden, scale, shift, mean, variance, true, 0.1, 1e-5, false);
    return conv2d(normal.relu(), outer, { padding: 1 });
  };
  const step = () =>
    scope(() => {
      const loss = forward(randn([2, 1, 16, 16], { generator }))
        .square()
        .mean();
      const gradients = grad(loss, parameters);
      noGrad(() => {
        for (const [k, p] of parameters.entries()) p.sub_(gradients[k], { alpha: 0.1 });
      });
      return loss.item();
    });
  const dispose = () => {
    for (const owned of [generator, ...parameters, mean, variance]) owned.dispose();
  };
  return { step, dispose };
}

it('500 steps hold as much memory as 50, also where every tenth fails', () => {
  const { step, dispose } = trainer();
  const failing = () =>
    scope(() => {
      step();
      randn([32, 32]);
      throw new Error('in the middle of a step');
    });
  const run = (steps: number) => {
    resetPeakMemory();
    const losses = Array.from({ length: steps }, (_, k) => {
      if (k % 10 === 9) expect(failing).toThrow('in the middle of a step');
      return step();
    });
    const { live, cached, peak } = memory();
    return { counters: { live, cached, peak, tensors: liveTensors(), bytes: liveBytes() }, losses };
  };
  const first = run(50);
  const rest = run(450);
  expect(rest.counters).toEqual(first.counters);
  expect(rest.losses.at(-1)).toBeLessThan(0.1 * first.losses[0]);
  dispose();
});
