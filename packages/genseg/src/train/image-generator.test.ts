/** A generator that is not pix2pix, in every level of the loop and in what the loop tells. */
import { type Generator, scope, type Tensor, zeros } from '@genseg/torch';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { checkLeaks, stateHash, tinySession, tinyTrainer } from '../../test/tiny.ts';
import { BatchNorm2d, Conv2d, Module, type Parameter } from '../nn/index.ts';
import type { TrainEvents } from '../run/index.ts';
import type { ImageGenerator } from './image-generator.ts';
import { genseg } from './method.ts';

checkLeaks();

/** Logits of the smooth and the sharp painter. */
class Choice extends Module {
  readonly alpha: Parameter = scope(() => this.parameter('alpha', zeros([2])));
}

/** Two convolutions, mixed as the choice says, and a normalisation with statistics. */
class Painter extends Module {
  readonly #smooth: Conv2d;
  readonly #sharp: Conv2d;
  readonly #norm: BatchNorm2d;
  readonly #choice: Choice;

  constructor(planes: number, channels: number, choice: Choice, generator: Generator) {
    super();
    this.#smooth = this.child('smooth', new Conv2d(planes, channels, 5, { padding: 2, generator }));
    this.#sharp = this.child('sharp', new Conv2d(planes, channels, 1, { generator }));
    this.#norm = this.child('norm', new BatchNorm2d(channels));
    this.#choice = choice;
  }

  forward(mask: Tensor): Tensor {
    const [smooth, sharp] = this.#choice.alpha.value.softmax(0).unbind();
    const mixed = this.#smooth.forward(mask).mul(smooth).add(this.#sharp.forward(mask).mul(sharp));
    return this.#norm.forward(mixed).sigmoid();
  }
}

const painter: ImageGenerator = {
  name: 'painter',
  candidates: ['smooth', 'sharp'],
  build(planes, channels, { generator, device }) {
    const architecture = new Choice().to(device);
    const network = new Painter(planes, channels, architecture, generator).to(device);
    return { generator: network, architecture };
  },
};

test('another generator takes part in every level, and the events tell its architecture', async () => {
  using tiny = tinySession(genseg, { imageGenerator: painter, classes: 3 });
  const told: TrainEvents['architecture'][] = [];
  const trainer = tinyTrainer(tiny, {
    emit: (type, _, data) => {
      if (type === 'architecture') told.push(data as TrainEvents['architecture']);
    },
  });
  expect(await trainer.run()).toBe(true);
  expect(told.length).toBeGreaterThan(0);
  const { candidates, levels } = told.at(-1)!;
  expect(candidates).toEqual(['smooth', 'sharp']);
  expect(levels).toHaveLength(1);
  expect(levels[0].name).toBe('alpha');
  expect(levels[0].weights[0] + levels[0].weights[1]).toBeCloseTo(1, 6);
  expect(levels[0].hypergradient).toBeGreaterThan(0);
  expect(levels[0].moved).toBeGreaterThan(0);
});

test('its statistics stay where they are in hypergradients and samples, and its state is stored', async () => {
  const folder = await temporaryFolder();
  using tiny = tinySession(genseg, { imageGenerator: painter });
  const { session } = tiny;
  session.pretrainStep();
  const before = stateHash(folder, session);
  session.peek(() =>
    scope(() => {
      session.sample(2);
    }),
  );
  expect(stateHash(folder, session)).toBe(before);
  session.pretrainStep();
  expect(stateHash(folder, session)).not.toBe(before);
  expect(Object.keys(session.parts.modules)).toEqual([
    ...['segmenter', 'average', 'architecture', 'generator', 'discriminator'],
  ]);
});
