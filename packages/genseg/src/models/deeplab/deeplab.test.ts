/**
 * DeepLabV3 beside torchvision's (test/golden/make-deeplab.py), its second derivatives beside
 * differences, and what it refuses.
 */
import {
  Generator,
  grad,
  liveTensors,
  noGrad,
  ones,
  scope,
  type Tensor,
  tensor,
  upsampleBilinear2d,
} from '@genseg/torch';
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
import {
  Dropout,
  kaimingNormalByFanOut,
  type Module,
  substitute,
  valuesOf,
} from '../../nn/index.ts';
import { DeepLabV3 } from './index.ts';

const golden = readGolden<{
  fullWidth: Record<string, number[]>;
  firstWeights: number[];
  narrow: {
    names: string[];
    shape: number[];
    evaluation: Summary;
    training: { logits: Summary; auxiliary: Summary };
    inputGradient: Summary;
    gradientNorms: Record<string, number>;
    afterOneStep: Summary;
  };
}>('deeplab.json');

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

const narrow = (channels: number, planes: number, width: number, auxiliary = false) =>
  new DeepLabV3(channels, planes, { width, auxiliary, generator, dropoutGenerator: generator });

const isMain = (name: string) => !name.startsWith('aux_classifier.');
const dropouts = (net: Module) => [...net.modules()].filter(([, m]) => m instanceof Dropout);
function withoutDropout<M extends Module>(net: M): M {
  for (const [, dropout] of dropouts(net)) dropout.eval();
  return net;
}

describe('beside torchvision', () => {
  test('has its key names and shapes, with the auxiliary head and without', () => {
    using full = new DeepLabV3(3, 21, { auxiliary: true, generator, dropoutGenerator: generator });
    const shapes = Object.fromEntries([...full.stateDict()].map(([name, x]) => [name, x.shape]));
    expect(shapes).toEqual(golden.fullWidth);

    using plain = narrow(3, 21, 1);
    const names = Object.keys(golden.fullWidth).filter(isMain);
    expect([...plain.stateDict().keys()].sort()).toEqual(names.sort());
  });

  test('drops out where it does, with its weights at first', () => {
    using net = narrow(3, 2, 2, true);
    expect(dropouts(net).map(([name]) => name)).toEqual([
      'classifier.0.project.3',
      'aux_classifier.3',
    ]);
    const state = net.stateDict();
    scope(() => {
      generator.seed(5);
      const drawn = kaimingNormalByFanOut([4, 3, 3, 3], Number.NaN, generator);
      expect(largestDifference(drawn, golden.firstWeights)).toBeLessThan(1e-6);

      const spread = (name: string) => state.get(name)!.std(null).item();
      const [encoder, head] = ['backbone.layer4.2.conv2.weight', 'classifier.0.convs.1.0.weight'];
      expect(spread(encoder) / Math.sqrt(2 / (16 * 9))).toBeCloseTo(1, 1);
      expect(spread(head) / Math.sqrt(1 / (3 * 64 * 9))).toBeCloseTo(1, 1);
    });
  });

  test('gives its logits, gradients, and logits after a step', () => {
    const { names, shape, ...reference } = golden.narrow;
    using net = narrow(3, 2, 2, true);
    scope(() => {
      const coarse = upsampleBilinear2d(rounded([3, 3, 12, 5], 0), [300, 61], false);
      const image = coarse.add(rounded([3, 3, 300, 61], 1).mul(0.5)).requiresGrad_();

      fill(net, names);
      expectSummary(net.eval().forward(single(image)), reference.evaluation, 1e-4);
      fill(inDouble(net), names);
      const logits = net.forward(image);
      expect(logits.shape).toEqual(shape);
      expectSummary(logits, reference.evaluation, 1e-9);

      const training = withoutDropout(net.train()).forwardWithAuxiliary(image);
      expectSummary(training.logits, reference.training.logits, 1e-9);
      expectSummary(training.auxiliary, reference.training.auxiliary, 1e-9);
      const alone = net.withFrozenStatistics(() => net.forward(image));
      expect(norm(alone.sub(training.logits))).toBe(0);

      const weighted = (x: Tensor, phase: number) => x.mul(rounded(x.shape, phase)).mean();
      const loss = weighted(training.logits, 1).add(weighted(training.auxiliary, 2));
      const parameters = net.namedParameters();
      const values = valuesOf([...parameters.values()]);
      const [byImage, ...gradients] = grad(loss, [image, ...values]);
      expectSummary(byImage, reference.inputGradient, 1e-7);
      [...parameters.keys()].forEach((name, i) => {
        expect(norm(gradients[i]) / reference.gradientNorms[name], name).toBeCloseTo(1, 7);
      });

      noGrad(() => {
        values.forEach((value, i) => {
          value.sub_(gradients[i]);
        });
      });
      expectSummary(net.eval().forward(image), reference.afterOneStep, 1e-7);
    });
  });
});

/** Normalised values around 1, and in blocks around -1 for odd channels, so that no ReLU is near its kink. */
function keepFromKinks(net: Module): void {
  scope(() => {
    for (const [name, { value }] of net.namedParameters()) {
      if (value.dim !== 1) continue;
      const inBlock = /\.bn[12]\.bias$/.test(name);
      const bias = tensor(
        Array.from({ length: value.numel }, (_, i) => (inBlock && i % 2 ? -1 : 1)),
      );
      value.detach().copy_(name.endsWith('bias') ? bias : wave(value.shape).mul(0.03).add(0.1));
    }
  });
}

test('is twice differentiable, through every rate of the pyramid', () => {
  using net = withoutDropout(inDouble(narrow(1, 1, 1)));
  const parameters = net.parameters();
  keepFromKinks(net);
  scope(() => {
    // Tall enough for the outermost taps; the mean over three images keeps away from a variance of 0.
    const image = wave([3, 1, 304, 16]).add(
      upsampleBilinear2d(wave([3, 1, 9, 2]), [304, 16], true),
    );
    const f = ([x, ...weights]: Tensor[]) =>
      net.withFrozenStatistics(() =>
        substitute(parameters, weights, () => {
          const logits = net.forward(x);
          return logits.mul(wave(logits.shape, 3)).add(1).square().mean();
        }),
      );
    const { first, second } = derivatives(f, [image, ...valuesOf(parameters)], 1e-7);
    expect(first.exact / first.difference).toBeCloseTo(1, 6);
    expect(second.exact / second.difference).toBeCloseTo(1, 6);
  });
});

describe('dropout', () => {
  test('draws from its generator, in training alone', () => {
    using dropoutGenerator = new Generator(3);
    using net = new DeepLabV3(1, 2, { width: 2, generator, dropoutGenerator });
    scope(() => {
      const images = single(wave([2, 1, 16, 16]));
      const start = dropoutGenerator.state;
      const logits = net.forward(images);
      expect(largestDifference(net.forward(images), logits)).toBeGreaterThan(1e-3);
      dropoutGenerator.state = start;
      expect(largestDifference(net.forward(images), logits)).toBe(0);

      const later = dropoutGenerator.state;
      net.eval().forward(images);
      expect(dropoutGenerator.state).toEqual(later);
    });
  });
});

describe('refuses', () => {
  test('images of less than 16 px, and takes those of 16', () => {
    using net = narrow(1, 3, 1);
    scope(() => {
      expect(() => net.forward(ones([2, 1, 16, 15]))).toThrow(
        'DeepLabV3 takes images of 16 x 16 px or more, got 16 x 15; enlarge them',
      );
      expect(net.forward(ones([2, 1, 16, 17])).shape).toEqual([2, 3, 16, 17]);
    });
  });

  test('to train on one image, and predicts for one', () => {
    using net = narrow(1, 1, 1, true);
    scope(() => {
      const image = ones([1, 1, 16, 16]);
      for (const pass of [() => net.forward(image), () => net.forwardWithAuxiliary(image)]) {
        expect(pass).toThrow('batches of two images or more, got one: it normalises the means');
      }
      expect(net.eval().forward(image).shape).toEqual([1, 1, 16, 16]);
    });
  });

  test('the auxiliary logits of a model without that head', () => {
    using net = narrow(1, 1, 1);
    scope(() => {
      expect(() => net.forwardWithAuxiliary(ones([2, 1, 16, 16]))).toThrow('{ auxiliary: true }');
    });
  });
});
