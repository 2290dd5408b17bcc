/** Each level's loss beside its equation, written out in plain numbers, on networks of one convolution. */
import { cat, Generator, grad, scope, type Tensor, tensor } from '@genseg/torch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binaryLoss as lossOf, mean, softplus, wave } from '../../test/numeric.ts';
import { checkLeaks } from '../../test/tiny.ts';
import { ignoredClass } from '../classes.ts';
import { BatchNorm2d, Conv2d, lsgan, Module, valuesOf, vanillaGan } from '../nn/index.ts';
import { SGD } from '../optim/index.ts';
import type { Pairs } from './pairs.ts';
import {
  architectureProblem,
  discriminatorProblem,
  generatorProblem,
  gensegEdges,
  segmentationProblem,
} from './problems.ts';

class Critic extends Module {
  readonly #conv: Conv2d;
  constructor(generator: Generator) {
    super();
    this.#conv = this.child('conv', new Conv2d(2, 1, 3, { generator }));
  }
  forward(mask: Tensor, image: Tensor): Tensor {
    return this.#conv.forward(cat([mask, image], { dim: 1 }));
  }
}

/** A convolution and a batch normalisation, whose statistics tell how often and how it was called. */
class Normalised extends Module {
  readonly #conv: Conv2d;
  readonly #norm: BatchNorm2d;
  constructor(generator: Generator) {
    super();
    this.#conv = this.child('conv', new Conv2d(1, 1, 1, { generator }));
    this.#norm = this.child('norm', new BatchNorm2d(1));
  }
  forward(x: Tensor): Tensor {
    return this.#norm.forward(this.#conv.forward(x));
  }
}

let random: Generator;
let segmenter: Conv2d;
let normalised: Normalised;
let painter: Conv2d;
let critic: Critic;
let pairs: Pairs;
const owned: Disposable[] = [];
const own = <T extends Disposable>(one: T): T => {
  owned.push(one);
  return one;
};

beforeAll(() => {
  random = own(new Generator(3));
  segmenter = own(new Conv2d(1, 1, 3, { padding: 1, generator: random }));
  normalised = own(new Normalised(random));
  painter = own(new Conv2d(1, 1, 3, { padding: 1, generator: random }));
  critic = own(new Critic(random));
  pairs = scope(() => ({ image: waveImage(0), mask: stripes(2), ids: ['a', 'b'] }));
  own(pairs.image);
  own(pairs.mask);
});
afterAll(() => {
  for (const one of owned) one[Symbol.dispose]();
});
checkLeaks();

const waveImage = (phase: number) =>
  wave([2, 1, 6, 6], phase).add(1).div(2).to({ dtype: 'float32' });
/** [2, 6, 6]: ones in every `period`-th column. */
const stripes = (period: number) =>
  tensor(
    Array.from({ length: 72 }, (_, i) => (i % period === 0 ? 1 : 0)),
    { shape: [2, 6, 6] },
  ).to({ dtype: 'int64' });
const planes = (mask: Tensor) => mask.unsqueeze(1).to({ dtype: 'float32' });

const direct = { compute: <T>(body: () => T) => body() };
const sgd = (module: Module) => own(new SGD(module.parameters(), 0.1));
const draw = () => pairs;

test('level I: the critic tells real pairs from painted ones, and the painter gets no gradient', () => {
  const networks = { discriminator: critic, generator: painter };
  for (const gan of [vanillaGan, lsgan]) {
    const options = { draw, gan, planes: 1, random, ...direct };
    const problem = discriminatorProblem(networks, sgd(critic), options);
    scope(() => {
      const mask = planes(pairs.mask);
      const real = critic.forward(mask, pairs.image).toArray();
      const fake = critic.forward(mask, painter.forward(mask)).toArray();
      const expected =
        gan === vanillaGan
          ? (mean(real.map((z) => softplus(-z))) + mean(fake.map(softplus))) / 2
          : (mean(real.map((z) => (z - 1) ** 2)) + mean(fake.map((z) => z ** 2))) / 2;
      const loss = problem.evaluate(pairs);
      expect(loss.item()).toBeCloseTo(expected, 5);
      const gradients = grad(loss, valuesOf(painter.parameters()), { allowUnused: true });
      expect(gradients).toEqual([null, null]);
    });
  }
});

test('level I: the painter fools the critic and stays near the real image', () => {
  const networks = { discriminator: critic, generator: painter };
  const options = { draw, gan: vanillaGan, l1Weight: 100, planes: 1, random, ...direct };
  const problem = generatorProblem(networks, sgd(painter), options);
  scope(() => {
    const mask = planes(pairs.mask);
    const fake = painter.forward(mask);
    const fooled = mean(
      critic
        .forward(mask, fake)
        .toArray()
        .map((z) => softplus(-z)),
    );
    const real = pairs.image.toArray();
    const distance = mean(fake.toArray().map((x, i) => Math.abs(x - real[i])));
    const expected = fooled + 100 * distance;
    expect(Math.abs(problem.evaluate(pairs).item() / expected - 1)).toBeLessThan(1e-5);
  });
});

const synthesise = (mask: Tensor) => painter.forward(planes(mask));
const segmentation = (syntheticWeight: number, module: Module & { forward(x: Tensor): Tensor }) =>
  segmentationProblem(module, sgd(module), {
    draw: () => ({ real: pairs, synthetic: null }),
    ...{ synthesise, syntheticWeight, generators: [], ...direct },
  });

test('level II: L(train) alone without synthetic pairs, plus lambda L(synthetic) with them', () => {
  scope(() => {
    const mask = stripes(3);
    const real = lossOf(segmenter.forward(pairs.image), pairs.mask);
    const synthetic = lossOf(segmenter.forward(synthesise(mask)), mask);
    const both = { real: pairs, synthetic: { mask, ids: ['c', 'd'] } };
    const loss = (lambda: number, batch: Parameters<typeof problem.evaluate>[0]) =>
      segmentation(lambda, segmenter).evaluate(batch).item();
    const problem = segmentation(1, segmenter);
    expect(loss(0.5, { real: pairs, synthetic: null })).toBeCloseTo(real, 5);
    expect(loss(1, both)).toBeCloseTo(real + synthetic, 5);
    expect(loss(0.5, both)).toBeCloseTo(real + 0.5 * synthetic, 5);
    const [gradient] = grad(problem.evaluate(both), [painter.parameters()[0].value]);
    expect(gradient.abs().sum().item()).toBeGreaterThan(0);
  });
});

test('level II: real images in the place of synthetic ones are taken as they are', () => {
  scope(() => {
    const [mask, image] = [stripes(3), waveImage(1)];
    const extra = lossOf(segmenter.forward(image), mask);
    const real = lossOf(segmenter.forward(pairs.image), pairs.mask);
    const duplicates = { mask, image, ids: ['c', 'd'] };
    const batch = { real: pairs, synthetic: null, duplicates };
    const loss = segmentation(0.5, segmenter).evaluate(batch);
    expect(loss.item()).toBeCloseTo(real + 0.5 * extra, 5);
    expect(grad(loss, valuesOf(painter.parameters()), { allowUnused: true })).toEqual([null, null]);
  });
});

test('level I: where there is no label the generator has nothing to learn', () => {
  const networks = { discriminator: critic, generator: painter };
  const gan = { draw, gan: vanillaGan, l1Weight: 3, planes: 1, partial: true, random, ...direct };
  const problem = generatorProblem(networks, sgd(painter), gan);
  const slopes = (mask: Tensor) =>
    grad(problem.evaluate({ ...pairs, mask }), valuesOf(painter.parameters())).map((g) =>
      g.abs().sum().item(),
    );
  scope(() => {
    for (const slope of slopes(pairs.mask)) expect(slope).toBeGreaterThan(0);
    for (const slope of slopes(pairs.mask.fullLike(ignoredClass))) expect(slope).toBe(0);
  });
});

test('level II: real and synthetic images share one pass, and so one normalisation', () => {
  const problem = segmentationProblem(normalised, sgd(normalised), {
    draw: () => ({ real: pairs, synthetic: { mask: stripes(3), ids: [] } }),
    ...{ synthesise, syntheticWeight: 1, generators: [], ...direct },
  });
  const statistics = () =>
    [...normalised.namedBuffers().values()].flatMap(({ value }) => value.toArray().map(Number));
  scope(() => {
    const before = statistics();
    const { step } = problem.recordedStep();
    const after = statistics();
    const counted = [...normalised.namedBuffers().keys()].findIndex((n) => n.includes('num_batch'));
    expect(after[counted] - before[counted]).toBe(1);
    problem.replay(step);
    problem.evaluate(step.batch);
    expect(statistics()).toEqual(after);
  });
});

test('level III: the validation loss is that of prediction, with running statistics', () => {
  const problem = architectureProblem(normalised, sgd(painter), { draw, ...direct });
  scope(() => {
    normalised.eval();
    const expected = lossOf(normalised.forward(pairs.image), pairs.mask);
    normalised.train();
    const inTraining = lossOf(
      normalised.withFrozenStatistics(() => normalised.forward(pairs.image)),
      pairs.mask,
    );
    expect(problem.evaluate(pairs).item()).toBeCloseTo(expected, 5);
    expect(Math.abs(expected - inTraining)).toBeGreaterThan(1e-3);
    expect(normalised.training).toBe(true);
  });
});

test('the edges are the direct path, the indirect path and the feedback', () => {
  const networks = { discriminator: critic, generator: painter };
  const gan = { draw, gan: vanillaGan, l1Weight: 1, planes: 1, random, ...direct };
  const generator = generatorProblem(networks, sgd(painter), gan);
  const architecture = architectureProblem(segmenter, sgd(critic), { draw, ...direct });
  const edges = gensegEdges({ generator, architecture, segmentation: segmentation(1, segmenter) });
  expect(edges.map(({ kind, upper, lower }) => [kind, upper.name, lower.name])).toEqual([
    ['upperToLower', 'architecture', 'generator'],
    ['upperToLower', 'generator', 'segmentation'],
    ['upperToLower', 'architecture', 'segmentation'],
    ['lowerToUpper', 'architecture', 'segmentation'],
  ]);
});
