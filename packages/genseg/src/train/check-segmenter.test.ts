/** A user's own module, by the library alone: what fits is trained by every hypergradient's path, what does not is refused with the mend. */
import {
  affineGridGenerator,
  avgPool2d,
  environment,
  Generator,
  gridSampler,
  relu,
  scope,
  type Tensor,
  tensor,
} from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks, discs, tinyRecipe } from '../../test/tiny.ts';
import {
  augment,
  BatchNorm2d,
  ConfigError,
  Conv2d,
  checkSegmenter,
  classTask,
  type Family,
  genseg,
  type Method,
  Module,
  methodNamed,
  Session,
  type SessionOptions,
} from '../index.ts';

checkLeaks();

/** Two convolutions with a normalisation between them, and what a test puts before or after. */
class Small extends Module {
  readonly #first: Conv2d;
  readonly #norm: BatchNorm2d;
  readonly #last: Conv2d;
  readonly #change: Change;

  constructor(channels: number, planes: number, generator: Generator, change: Change) {
    super();
    this.#first = this.child('first', new Conv2d(channels, 4, 3, { padding: 1, generator }));
    this.#norm = this.child('norm', new BatchNorm2d(4));
    this.#last = this.child('last', new Conv2d(4, planes, 1, { generator }));
    this.#change = change;
  }

  forward(image: Tensor): Tensor {
    const { features = (x: Tensor) => x, logits = (x: Tensor) => x } = this.#change;
    return scope(() => {
      const x = relu(this.#norm.forward(features(this.#first.forward(image))));
      return logits(this.#last.forward(x));
    });
  }
}

interface Change {
  planes?: number;
  features?(x: Tensor): Tensor;
  logits?(x: Tensor): Tensor;
}

const small = (change: Change = {}): Family => ({
  name: 'small',
  summary: 'two convolutions',
  build: (channels, planes, { generator, device }) =>
    new Small(channels, change.planes ?? planes, generator, change).to(device),
});

const options = (change: Change = {}, method: Method = genseg): SessionOptions => ({
  ...{ method, family: small(change), recipe: tinyRecipe, size: 32, channels: 1, classes: 2 },
  ...{ seed: 0, device: 'cpu', precision: 'fp32' },
});

test('a module of two convolutions is trained by genseg: its weights, and the architecture through it', () => {
  checkSegmenter(options());
  using train = discs('train', 4);
  using validation = discs('validation', 2);
  using session = new Session(options(), { train, validation });
  const weights = () => session.segmenter.parameters().map(({ value }) => value.toArray());
  const before = weights();
  session.pretrainStep();
  session.engine!.iteration = 1; // an upper step is due
  const { losses, hypergradientNorms } = session.trainStep();
  expect([...losses.keys()]).toEqual([
    'discriminator',
    'generator',
    'segmentation',
    'architecture',
  ]);
  for (const norm of hypergradientNorms!) expect(norm).toBeGreaterThan(0);
  for (const [i, after] of weights().entries()) expect(after).not.toEqual(before[i]);
});

/** Turns nothing; LibTorch has no second derivative of it. */
const resampled = (x: Tensor): Tensor => {
  const [n, c, h, w] = x.shape;
  const theta = tensor([1, 0, 0, 0, 1, 0], { shape: [1, 2, 3] }).expand([n, 2, 3]);
  return gridSampler(x, affineGridGenerator(theta, [n, c, h, w], false), 0, 0, false);
};
const mean = (x: Tensor): Tensor => x.mean([2, 3], { keepdim: true });

test.each<[string, SessionOptions, RegExp]>([
  [
    'logits of half the size',
    options({ logits: (x) => avgPool2d(x, 2) }),
    /^segmenter small: its output is \[2, 1, 16, 16\] for 2 images of 32 px, expected logits \[2, 1, 32, 32\]: one plane/,
  ],
  [
    'two planes for three classes',
    { ...options({ planes: 2 }), classes: 3 },
    /its output is \[2, 2, 32, 32\] .* expected logits \[2, 3, 32, 32\]/,
  ],
  [
    'a plane too few for the task',
    { ...options({ planes: 3 }), classes: 3, task: classTask(4) },
    /expected logits \[2, 4, 32, 32\]/,
  ],
  [
    'no gradient',
    options({ logits: (x) => x.detach() }),
    /its output does not depend on first\.weight, first\.bias, norm\.weight and 3 more parameters; remove/,
  ],
  [
    'a part without a gradient',
    options({ features: (x) => x.detach() }),
    /its output does not depend on first\.weight, first\.bias; remove what is not used/,
  ],
  [
    'batch normalisation of single values',
    { ...options({ features: mean }, augment), recipe: { ...tinyRecipe, batch: 1 } },
    /its forward pass on 1 image of 32 px in training mode failed: BatchNorm2d trains on more than one value per channel, .*take a larger batch/,
  ],
  [
    'one fixed input size',
    { ...options({ logits: (x) => x.reshape([-1, 1, 24, 24]) }) },
    /its forward pass on 2 images of 32 px in training mode failed: .*shape/,
  ],
])('refused: %s', (_, given, message) => {
  expect(() => checkSegmenter(given)).toThrow(ConfigError);
  expect(() => checkSegmenter(given)).toThrow(message);
});

// LibTorch has this operator's since a version between 2.6 and 2.13.
test('no second derivative is refused, and accepted where LibTorch has it', () => {
  const check = () => checkSegmenter(options({ features: resampled }));
  if (/^(1|2\.[0-6])\./.test(environment().version)) {
    expect(check).toThrow(ConfigError);
    expect(check).toThrow(
      /the derivative of its gradient, which method genseg needs failed: .*not implemented/,
    );
  } else {
    expect(check).not.toThrow();
  }
});

test('two networks that learn from each other must begin differently', () => {
  const dct = methodNamed('dct');
  checkSegmenter(options({}, dct));
  const fixed: Family = {
    ...small(),
    build: (channels, planes, given) => {
      using generator = new Generator(1);
      return small().build(channels, planes, { ...given, generator });
    },
  };
  const given = { ...options({}, dct), family: fixed };
  expect(() => checkSegmenter(given)).toThrow(ConfigError);
  expect(() => checkSegmenter(given)).toThrow(
    /method dct .* begin differently.*leave out --weights/,
  );
  checkSegmenter({ ...options({}, methodNamed('mean-teacher')), family: fixed });
});

test('a method without feedback asks for no second derivative', () => {
  checkSegmenter(options({ features: resampled }, augment));
});
