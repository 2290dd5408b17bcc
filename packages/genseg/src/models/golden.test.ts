/** Models beside plain PyTorch modules with the same weights; test/golden/make-models.py makes the reference. */
import { Generator, grad, liveTensors, scope, type Tensor } from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectSummary, fill, readGolden, type Summary, single } from '../../test/golden.ts';
import { wave } from '../../test/numeric.ts';
import { byBatch, byInstance, type Module, unnormalised } from '../nn/index.ts';
import { Architecture, PatchDiscriminator, Pix2PixGenerator, UNet } from './index.ts';

interface Reference {
  state: Record<string, number[]>;
  shape: number[];
  training: Summary;
  evaluation: Summary;
  inputGradients: Summary[];
  gradients: Record<string, Summary>;
}

const golden = readGolden<{
  unet: Record<'transposed' | 'bilinear', Reference>;
  generator: Reference;
  discriminator: Record<'byBatch' | 'byInstance' | 'unnormalised', Reference>;
}>('models.json');

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

/** Float32 through some thirty layers leaves 1e-4. */
const expectLike = (got: Tensor, reference: Summary, what: string): void =>
  expectSummary(got, reference, 1e-3, { what, floor: 1e-6 });

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
  fill(module, names, { gain: 2, spread: 0.5 });
  const output = run();
  expect(output.shape).toEqual(reference.shape);
  expectLike(output, reference.training, 'output in training');
  const parameters = module.namedParameters();
  const gradients = grad(output.mul(single(wave(output.shape, 3))).sum(), [
    ...inputs,
    ...[...parameters.values()].map((p) => p.value),
  ]);
  inputs.forEach((_, i) => {
    expectLike(gradients[i], reference.inputGradients[i], `gradient by input ${i}`);
  });
  [...parameters.keys()].forEach((name, i) => {
    expectLike(gradients[inputs.length + i], reference.gradients[name], `gradient by ${name}`);
  });
  module.eval();
  expectLike(run(), reference.evaluation, 'output in evaluation');
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
