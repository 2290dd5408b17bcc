/** The memory of training steps as it was estimated, beside what is measured; and widths planned from it. */
import { configure, environment, memory, resetPeakMemory } from '@genseg/torch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkLeaks, tinyRecipe } from '../../../test/tiny.ts';
import { Random } from '../../random.ts';
import { resunet, unet } from '../../segmenter/family.ts';
import { ImageSet } from '../image-set.ts';
import { methodNamed } from '../method.ts';
import { PairSet } from '../pairs.ts';
import { Session } from '../session.ts';
import { planWidth, type Training, trainingBytes } from './memory-plan.ts';

checkLeaks();

// Estimates are of channels-last images; contiguous ones need less here and there.
const { imageLayout } = environment();
beforeAll(() => configure({ imageLayout: 'channels-last' }));
afterAll(() => configure({ imageLayout }));

const training = (method: Parameters<typeof methodNamed>[0], width = 16): Training => ({
  method: methodNamed(method),
  recipe: { ...tinyRecipe, segmentation: { ...tinyRecipe.segmentation, width } },
  precision: 'fp32',
});

const samples = (size: number) => {
  const random = new Random(0);
  return Array.from({ length: 4 }, (_, i) => ({
    ...{ id: `noise-${i}`, width: size, height: size },
    image: Float32Array.from({ length: size * size }, () => random.uniform()),
    mask: Uint8Array.from({ length: size * size }, () => Number(random.uniform() > 0.5)),
  }));
};

/** Bytes at the peak of the second step, which finds the optimiser's moments there. */
function measured({ method, recipe, precision }: Training, size: number): number {
  using train = PairSet.from(samples(size), 'cpu');
  using validation = PairSet.from(samples(size).slice(0, 2), 'cpu');
  using unlabelled = method.semiSupervision ? new ImageSet(samples(size), 'cpu') : null;
  const { live } = memory();
  using session = new Session(
    {
      ...{ method, family: resunet, recipe, size, precision },
      ...{ channels: 1, classes: 2, seed: 0, device: 'cpu' },
    },
    { train, validation, unlabelled },
  );
  session.trainStep();
  if (session.engine) session.engine.iteration = 1; // an upper step is due
  resetPeakMemory();
  session.trainStep();
  return memory().peak - live;
}

test.each([
  ['plain', 16, 64],
  ['plain', 32, 64],
  ['plain', 8, 128],
  ['genseg', 16, 64],
  ['mean-teacher', 16, 64],
  ['dct', 16, 64],
  ['mcf', 16, 64],
  ['ctbct', 16, 64],
] as const)(
  '%s, width %i, %i px: the estimate is within three tenths of the peak',
  (method, width, size) => {
    const given = training(method, width);
    const bytes = trainingBytes(resunet.cost!(1, 1, { width, size }), given);
    const peak = measured(given, size);
    expect(Math.abs(bytes / peak - 1), `${bytes} for ${peak}`).toBeLessThan(0.3);
  },
);

const gib = 2 ** 30;
const shape = { channels: 1, planes: 1, size: 128 };

test('where there is enough, the width is the preset’s whatever there is, and the plan says what is needed', () => {
  const given = training('genseg', 64);
  for (const capacity of [16 * gib, 128 * gib]) {
    const { recipe, decisions } = planWidth(resunet, given, { ...shape, capacity });
    expect(recipe).toEqual(given.recipe);
    expect(decisions[0]).toMatchObject({
      name: 'depth and width',
      value: '5 halvings, 32 channels at full size',
    });
    expect(decisions[0].reason).toMatch(/^128 px; training it takes about [\d.]+ of (16|128) GiB$/);
  }
});

test('where there is not, it is halved until three quarters hold it, down to 4', () => {
  const given = training('genseg', 64);
  const bytesAt = (width: number) =>
    trainingBytes(resunet.cost!(1, 1, { width, size: 128 }), given);
  for (const width of [32, 16, 4]) {
    const capacity = bytesAt(width) / 0.75;
    const { recipe, decisions } = planWidth(resunet, given, { ...shape, capacity });
    expect(recipe).toEqual({
      ...given.recipe,
      segmentation: { ...given.recipe.segmentation, width },
    });
    expect(decisions[0].value).toBe(`5 halvings, ${width / 2} channels at full size`);
    expect(decisions[0].reason).toMatch(/of the preset's width 64 [\d.]+: halved until it fits/);
  }
  expect(() => planWidth(resunet, given, { ...shape, capacity: bytesAt(4) })).toThrow(
    /--size 128: resunet of the least width, 4, needs about .* take a smaller --size/,
  );
});

test('pretrained weights and families without a cost keep their width', () => {
  const given = training('plain', 64);
  const tuned = planWidth(resunet, given, { ...shape, capacity: 1, fixed: true });
  expect(tuned.recipe).toEqual(given.recipe);
  const other = planWidth(unet, given, { ...shape, capacity: 1 });
  expect(other).toEqual({ recipe: given.recipe, decisions: [] });
});
