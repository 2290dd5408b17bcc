/** Models beside plain PyTorch modules with the same weights; test/golden/make-models.py makes the reference. */
import { readFileSync } from 'node:fs';
import { Generator, grad, liveTensors, scope, type Tensor } from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { wave } from '../../test/numeric.ts';
import { byBatch, byInstance, type Module, unnormalised } from '../nn/index.ts';
import { Architecture, PatchDiscriminator, Pix2PixGenerator, UNet } from './index.ts';

interface Summary {
  every: number;
  norm: number;
  values: number[];
}

interface Reference {
  state: Record<string, number[]>;
  shape: number[];
  training: Summary;
  evaluation: Summary;
  inputGradients: Summary[];
  gradients: Record<string, Summary>;
}

const golden: {
  unet: Record<'transposed' | 'bilinear', Reference>;
  generator: Reference;
  discriminator: Record<'byBatch' | 'byInstance' | 'unnormalised', Reference>;
} = JSON.parse(readFileSync(new URL('../../test/golden/models.json', import.meta.url), 'utf8'));

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

const single = (x: Tensor): Tensor => x.to({ dtype: 'float32' });

/** The numbers that the reference has, by position, kind and size. */
function fill(module: Module, names: readonly string[]): void {
  const state = module.stateDict();
  names.forEach((name, k) => {
    const value = state.get(name)!.detach();
    const numbers = wave(value.shape, k);
    if (value.dim === 4) value.copy_(numbers.mul(Math.sqrt(2 / (value.numel / value.shape[0]))));
    else if (/(weight|var)$/.test(name)) value.copy_(numbers.mul(0.5).add(1));
    else if (value.dim === 1) value.copy_(numbers.mul(0.1));
  });
}

/** Relative to the tensor's typical value; float32 through some thirty layers leaves 1e-4. */
function expectSummary(got: Tensor, reference: Summary, what: string): void {
  const values = got.reshape([-1]).toArray();
  const { every } = reference;
  const typical = reference.norm / Math.sqrt(values.length) + 1e-6;
  reference.values.forEach((value, i) => {
    expect(Math.abs(values[i * every] - value) / typical, `${what} [${i * every}]`).toBeLessThan(
      1e-3,
    );
  });
  const norm = Math.hypot(...values);
  expect(Math.abs(norm - reference.norm) / (reference.norm + 1e-6), `norm of ${what}`).toBeLessThan(
    1e-3,
  );
}

function expectAsInPyTorch(
  module: Module,
  reference: Reference,
  inputs: Tensor[],
  run: () => Tensor,
): void {
  const names = Object.keys(reference.state);
  expect([...module.stateDict().keys()].sort()).toEqual([...names].sort());
  for (const [name, value] of module.stateDict()) {
    expect(value.shape, name).toEqual(reference.state[name]);
  }
  fill(module, names);
  const output = run();
  expect(output.shape).toEqual(reference.shape);
  expectSummary(output, reference.training, 'output in training');
  const parameters = module.namedParameters();
  const gradients = grad(output.mul(single(wave(output.shape, 3))).sum(), [
    ...inputs,
    ...[...parameters.values()].map((p) => p.value),
  ]);
  inputs.forEach((_, i) => {
    expectSummary(gradients[i], reference.inputGradients[i], `gradient by input ${i}`);
  });
  [...parameters.keys()].forEach((name, i) => {
    expectSummary(gradients[inputs.length + i], reference.gradients[name], `gradient by ${name}`);
  });
  module.eval();
  expectSummary(run(), reference.evaluation, 'output in evaluation');
}

test.each(['transposed', 'bilinear'] as const)('U-Net, %s', (name) => {
  using generator = new Generator(0);
  using net = new UNet(3, 2, { width: 2, bilinear: name === 'bilinear', generator });
  scope(() => {
    const images = single(wave([2, 3, 32, 48])).requiresGrad_();
    expectAsInPyTorch(net, golden.unet[name], [images], () => net.forward(images));
  });
});

test('the generator, its candidates merged, beside three convolutions a level', () => {
  using generator = new Generator(0);
  using architecture = new Architecture(5, { generator });
  using net = new Pix2PixGenerator(2, 3, architecture, {
    width: 2,
    generator,
    dropoutGenerator: generator,
  });
  scope(() => {
    architecture.parameters().forEach((alpha, i) => {
      alpha.value.detach().copy_(wave([3], i));
    });
    const masks = single(wave([2, 2, 32, 32])).requiresGrad_();
    const alphas = architecture.parameters().map((alpha) => alpha.value);
    expectAsInPyTorch(net, golden.generator, [masks, ...alphas], () => net.forward(masks));
  });
});

describe('the patch discriminator', () => {
  test.each([
    ['byBatch', byBatch],
    ['byInstance', byInstance],
    ['unnormalised', unnormalised],
  ] as const)('normalised %s', (name, norm) => {
    using generator = new Generator(0);
    using net = new PatchDiscriminator(1, 3, { width: 2, norm, generator });
    scope(() => {
      const pair = single(wave([2, 4, 40, 32])).requiresGrad_();
      const [masks, images] = pair.splitWithSizes([1, 3], { dim: 1 });
      expectAsInPyTorch(net, golden.discriminator[name], [pair], () => net.forward(masks, images));
    });
  });
});
