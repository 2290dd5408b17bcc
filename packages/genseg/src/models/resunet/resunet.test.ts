/**
 * The residual U-Net beside plain PyTorch modules (test/golden/make-resunet.py), its second derivatives
 * beside differences, the planner's rule, and what it refuses.
 */
import { Generator, grad, liveTensors, ones, scope, type Tensor } from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  expectSummary,
  fill,
  inDouble,
  norm,
  readGolden,
  rounded,
  type Summary,
  single,
} from '../../../test/golden.ts';
import { derivatives, largestDifference, wave } from '../../../test/numeric.ts';
import { deepSupervisionLoss, kaimingNormal, substitute, valuesOf } from '../../nn/index.ts';
import { ResUNet, resUNetDepth } from './index.ts';

const golden = readGolden<{
  state: Record<string, number[]>;
  shapes: number[][];
  outputs: Summary[];
  inputGradient: Summary;
  gradientNorms: Record<string, number>;
  firstWeights: number[];
}>('resunet.json');

let before: number;
let generator: Generator;
beforeEach(() => {
  before = liveTensors();
  generator = new Generator(0);
});
afterEach(() => {
  generator.dispose();
  expect(liveTensors()).toBe(before);
});

describe('beside PyTorch', () => {
  test('has the key names and shapes, without a head that nothing reads', () => {
    using net = new ResUNet(3, 2, { width: 2, size: 128, generator });
    const shapes = Object.fromEntries([...net.stateDict()].map(([name, x]) => [name, x.shape]));
    expect(shapes).toEqual(golden.state);
  });

  test('gives the logits of each resolution, and their gradients', () => {
    using net = new ResUNet(3, 2, { width: 2, size: 128, generator });
    fill(net, Object.keys(golden.state), { gain: 2 });
    scope(() => {
      const image = rounded([2, 3, 64, 96]).requiresGrad_();
      net.forwardDeep(single(image)).forEach((logits, level) => {
        expectSummary(logits, golden.outputs[level], 1e-5);
      });

      fill(inDouble(net), Object.keys(golden.state), { gain: 2 });
      const outputs = net.forwardDeep(image);
      expect(outputs.map((logits) => logits.shape)).toEqual(golden.shapes);
      outputs.forEach((logits, level) => {
        expectSummary(logits, golden.outputs[level], 1e-11);
      });
      expect(largestDifference(net.forward(image), outputs[0])).toBe(0);

      const loss = outputs
        .map((logits, level) => logits.mul(rounded(logits.shape, level)).mean())
        .reduce((sum, term) => sum.add(term));
      const parameters = net.namedParameters();
      const values = valuesOf([...parameters.values()]);
      const [byImage, ...gradients] = grad(loss, [image, ...values]);
      expectSummary(byImage, golden.inputGradient, 1e-9);
      [...parameters.keys()].forEach((name, i) => {
        // Biases before a normalisation have a gradient of zero, but for rounding.
        const reference = golden.gradientNorms[name];
        const difference = Math.abs(norm(gradients[i]) - reference);
        expect(difference, name).toBeLessThan(1e-8 * reference + 1e-14);
      });
    });
  });

  test('draws its first weights as nnU-Net does', () => {
    using net = new ResUNet(1, 64, { width: 32, size: 16, generator });
    const state = net.stateDict();
    scope(() => {
      generator.seed(5);
      const drawn = kaimingNormal({ slope: 0.01 })([4, 3, 3, 3], 27, generator);
      expect(largestDifference(drawn, golden.firstWeights)).toBeLessThan(1e-6);

      const spread = (name: string) => state.get(`${name}.weight`)!.std(null).item();
      const fans = {
        'encoder.stages.2.blocks.3.conv2.conv': 128 * 9,
        'encoder.stages.2.blocks.0.skip.1.conv': 64,
        'decoder.transpconvs.0': 64 * 4,
        'decoder.seg_layers.1': 32,
      };
      for (const [name, fanIn] of Object.entries(fans)) {
        expect(spread(name) / Math.sqrt(2 / fanIn), name).toBeCloseTo(1, 1);
      }
      for (const [name, value] of state) {
        if (value.dim === 4) continue;
        const wanted = name.endsWith('weight') && !name.endsWith('conv2.norm.weight') ? 1 : 0;
        expect(value.eq(wanted).all().item(), name).toBe(true);
      }
    });
  });
});

describe('the planner’s rule', () => {
  test.each([
    [7, 512, 0],
    [8, 8, 1],
    [13, 13, 1],
    [15, 16, 2],
    [16, 512, 2],
    [64, 64, 4],
    [96, 128, 4],
    [128, 128, 5],
    [256, 256, 6],
    [512, 512, 7],
    [2048, 2048, 7],
  ])('halves %i x %i px %i times', (height, width, depth) => {
    expect(resUNetDepth(height, width)).toBe(depth);
    expect(resUNetDepth(width, height)).toBe(depth);
  });
});

test.each([
  [17, 30],
  [9, 8],
  [3, 9],
])('takes %i x %i px, as the image with its border repeated', (height, width) => {
  using net = new ResUNet(2, 3, { width: 2, size: 32, generator });
  fill(net, [...net.stateDict().keys()], { gain: 2 });
  scope(() => {
    const image = single(wave([2, 2, height, width]));
    const missing = (side: number) => Math.ceil(side / 8) * 8 - side;
    const whole = image.replicationPad2d([0, missing(width), 0, missing(height)]);
    const outputs = net.forwardDeep(image);
    const ofWhole = net.forwardDeep(whole);
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [2, 3, height, width],
      [2, 3, Math.ceil(height / 2), Math.ceil(width / 2)],
    ]);
    outputs.forEach((logits, i) => {
      const [, , h, w] = logits.shape;
      const cut = ofWhole[i].slice({ dim: 2, end: h }).slice({ dim: 3, end: w });
      expect(largestDifference(logits, cut)).toBeLessThan(1e-5);
    });
  });
});

test('the loss of deep supervision is twice differentiable by the weights and by the image', () => {
  using net = inDouble(new ResUNet(1, 1, { width: 1, size: 32, generator }));
  const parameters = net.parameters();
  fill(net, [...net.stateDict().keys()], { gain: 2 });
  scope(() => {
    const mask = wave([2, 13, 16]).gt(0.3).to({ dtype: 'int64' });
    const f = ([image, ...weights]: Tensor[]) =>
      substitute(parameters, weights, () => deepSupervisionLoss(net.forwardDeep(image), mask));
    const at = [wave([2, 1, 13, 16]), ...valuesOf(parameters)];
    const { first, second } = derivatives(f, at, 1e-7);
    expect(first.exact / first.difference).toBeCloseTo(1, 6);
    expect(second.exact / second.difference).toBeCloseTo(1, 5);
  });
});

test('the auxiliary logits of a model of one halving are none', () => {
  using net = new ResUNet(1, 2, { width: 1, size: 8, generator });
  scope(() => {
    const image = ones([1, 1, 8, 8]);
    const { logits, auxiliary } = net.forwardWithAuxiliary(image);
    expect([logits.shape, auxiliary]).toEqual([[1, 2, 8, 8], []]);
  });
});

describe('refuses', () => {
  test.each([7, Number.NaN])('to be planned for %d px', (size) => {
    expect(() => new ResUNet(1, 1, { size, generator })).toThrow(
      `ResUNet is planned for images of 8 px or more a side, got size ${size}; enlarge them`,
    );
  });

  test('images that its halvings make a single pixel, in training and in evaluation', () => {
    using net = new ResUNet(1, 1, { width: 1, size: 32, generator });
    scope(() => {
      const refusal =
        'ResUNet of 3 halvings takes images of more than 8 px in height or width, got 8 x 5; enlarge them';
      expect(() => net.forward(ones([2, 1, 8, 5]))).toThrow(refusal);
      expect(() => net.forwardWithAuxiliary(ones([2, 1, 8, 5]))).toThrow(refusal);
      expect(() => net.eval().forward(ones([2, 1, 8, 5]))).toThrow(refusal);
      expect(net.forward(ones([2, 1, 9, 5])).shape).toEqual([2, 1, 9, 5]);
    });
  });
});
