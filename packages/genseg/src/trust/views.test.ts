import { Generator, noGrad, ones, scope, type Tensor } from '@genseg/torch';
import { expect, test } from 'vitest';
import { largestDifference } from '../../test/numeric.ts';
import { checkLeaks, DrawnSegmenter, discSamples, side } from '../../test/tiny.ts';
import { families, inputOf } from '../segmenter/index.ts';
import { featuresOf, imageFeatures } from './domain.ts';
import { uncertaintyOf } from './uncertainty.ts';
import { planesOf, predictViews, see } from './views.ts';

checkLeaks();

const [sample] = discSamples('disc', 1);
const views = (logits: (images: Tensor) => Tensor) => {
  using model = new DrawnSegmenter(logits);
  return predictViews(model, sample, { size: side });
};
/** Marks what is bright: it turns with the image. */
const bright = (images: Tensor) => images.sub(0.55).mul(40);
/** Marks the left half, whatever it is shown. */
const leftHalf = ({ shape: [n, , h, w] }: Tensor) => {
  const logits = ones([n, 1, h, w]).mul(-9);
  logits.narrow(3, 0, w / 2).fill_(9);
  return logits;
};

test('every view comes back in place: a model that sees the disc agrees with itself', () => {
  const all = views(bright);
  expect(all).toHaveLength(6);
  const { predictedDice } = uncertaintyOf(all);
  expect(predictedDice[0]).toBeGreaterThan(0.9);
  const disc = sample.mask.reduce((sum, id) => sum + id, 0);
  for (const [plane] of all) {
    const inside = plane.filter((p, i) => p > 0.5 && sample.mask[i] === 1).length;
    expect(inside / disc).toBeGreaterThan(0.9);
  }
});

test('a model that does not look is given away by the mirror', () => {
  const { predictedDice, uncertainty } = uncertaintyOf(views(leftHalf));
  // The mirrored view marks the right half: its five pairs of fifteen score next to nothing.
  expect(predictedDice[0]).toBeLessThan(0.7);
  expect(predictedDice[0]).toBeLessThan(uncertaintyOf(views(bright)).predictedDice[0] - 0.25);
  expect(uncertainty).toBeGreaterThan(0.3);
});

test('the same image gives the same numbers; classes come as planes without the background', () => {
  expect(views(bright)).toEqual(views(bright));
  const three = views((images) => images.expand([-1, 3, -1, -1]));
  for (const [first, second, ...rest] of three) {
    expect(rest).toEqual([]);
    expect(first.every((p, i) => Math.abs(p - 1 / 3) < 1e-5 && p === second[i])).toBe(true);
  }
});

test.each(families.map(({ name }) => name))(
  '%s: one pass gives what the model, its bottleneck and each image alone would',
  (name) => {
    using generator = new Generator(0);
    using model = families
      .find((family) => family.name === name)!
      .build(1, 1, { width: 4, size: side, generator, dropoutGenerator: generator, device: 'cpu' });
    model.eval();
    const samples = discSamples('disc', 2);
    scope(() => {
      const images = inputOf(model, samples, side);
      const seen = see(model, images);
      const logits = noGrad(() => model.forward(images));
      expect(largestDifference(seen.logits, logits)).toBeLessThan(1e-5);
      const features = featuresOf(seen.bottleneck!);
      for (const [i, sample] of samples.entries()) {
        const alone = imageFeatures(model, sample, { size: side })!;
        expect(features[i].length).toBe(alone.length);
        for (const [k, value] of alone.entries()) expect(features[i][k]).toBeCloseTo(value, 4);
        const views = predictViews(model, sample, { size: side });
        const together = planesOf(seen, i);
        expect(together).toHaveLength(6);
        const differences = views.flatMap(([plane], v) =>
          Array.from(plane, (p, at) => Math.abs(p - together[v][0][at])),
        );
        expect(differences.reduce((most, one) => Math.max(most, one), 0)).toBeLessThan(1e-4);
      }
    });
  },
);
