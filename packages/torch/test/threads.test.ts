/** The addon's own kernels run in as many threads as LibTorch's: a build without OpenMP would do all in one. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  configure,
  environment,
  Generator,
  grad,
  mixKernels,
  normaliseBatch,
  pullBackAdam,
  rand,
  scope,
  stepAdam,
  type Tensor,
} from '../src/index.ts';

/** Threads of a fresh process before a kernel of ours, which is the first that has enough to do for several, and after. */
const counting = `
  import { readdirSync } from 'node:fs';
  import { configure, mixKernels, tensor } from '@genseg/torch';
  configure({ threads: 3 });
  const zeros = (...shape) => tensor(new Float32Array(shape.reduce((a, b) => a * b)), { shape });
  const kernels = [4, 6, 8].map((k) => zeros(64, 64, k, k));
  const shares = zeros(3);
  const count = () => readdirSync('/proc/self/task').length;
  const before = count();
  mixKernels(kernels, shares);
  console.log(count() - before);
`;

test.skipIf(process.platform !== 'linux')(
  'kernels of the addon run in the threads that are asked for',
  () => {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const options = ['--input-type=module', '--eval', counting];
    expect(Number(execFileSync(process.execPath, options, { cwd, encoding: 'utf8' }))).toBe(2);
  },
);

/** Results large enough for several threads, with first and second derivatives. */
const kernels: Record<string, (random: (...shape: number[]) => Tensor) => Tensor[]> = {
  'batch normalisation': (random) => {
    const [x, w, b, g] = [random(4, 16, 64, 64), random(16), random(16), random(4, 16, 64, 64)];
    const inputs = [x, w, b].map((tensor) => tensor.requiresGrad_());
    const y = normaliseBatch(x, w, b, {
      training: true,
      momentum: 0.1,
      eps: 1e-5,
      negativeSlope: 0,
    });
    const first = grad(y, inputs, { gradOutputs: g, createGraph: true });
    return [y, ...first, ...grad(first[0], [x, w], { gradOutputs: random(4, 16, 64, 64) })];
  },
  'mixed kernels': (random) => {
    const mixed = [4, 6, 8].map((k) => random(128, 128, k, k).requiresGrad_());
    const shares = random(3).requiresGrad_();
    const merged = mixKernels(mixed, shares)!;
    return [merged, ...grad(merged, [...mixed, shares], { gradOutputs: random(128, 128, 8, 8) })];
  },
  Adam: (random) => {
    const [value, gradient, m, s] = Array.from({ length: 4 }, () => random(100_001));
    const numbers = { betas: [0.9, 0.999], eps: 1e-8, lr: 1e-3, step: 3 } as const;
    expect(stepAdam({ value, gradient, state: [m, s] }, numbers)).toBe(true);
    const cotangent = random(100_001);
    return [value, m, s, pullBackAdam({ value, gradient, state: [m, s] }, cotangent, numbers)!];
  },
};

test.each(Object.entries(kernels))('%s has the same bits in one thread and in three', (_, run) => {
  const before = environment().threads;
  const [one, three] = [1, 3].map((threads) => {
    configure({ threads });
    return scope(() => {
      using generator = new Generator(5);
      const results = run((...shape) => rand(shape, { generator }));
      return results.map((tensor) => tensor.detach().contiguous().toTypedArray());
    });
  });
  configure({ threads: before });
  expect(three).toEqual(one);
});
