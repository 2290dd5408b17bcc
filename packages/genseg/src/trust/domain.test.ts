import { Generator, rand, scope } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks, discSamples, side } from '../../test/tiny.ts';
import { Random } from '../random.ts';
import { families } from '../segmenter/index.ts';
import { domainOf, imageFeatures, novelty } from './domain.ts';

checkLeaks();

/** Features that vary about 5 with a deviation of 1, of one kind. */
function drawn(count: number, random: Random, shift = 0): number[][] {
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  return Array.from({ length: count }, () => Array.from({ length: 8 }, () => 5 + shift + normal()));
}

test('by hand: the distance in deviations, in units of the farthest image as the others see it', () => {
  const domain = domainOf([[0], [2], [4]]);
  // Variance 8 / 3, and a hundredth of it; the ends are 3 from the mean of the other two, whose variance is 1.
  expect(domain).toEqual({
    images: 3,
    mean: [2],
    variance: [expect.closeTo((8 / 3) * 1.01, 12)],
    limit: expect.closeTo(3 / Math.sqrt(1.01), 12),
  });
  const own = Math.abs(10 - 2) / Math.sqrt((8 / 3) * 1.01);
  expect(novelty([10], domain)).toBeCloseTo(own / (3 / Math.sqrt(1.01)), 12);
  expect(novelty([2], domain)).toBe(0);
});

test('of images of the same kind few are foreign, at most as many as promised; of others all are', () => {
  const random = new Random(0);
  for (const [count, promised] of [
    [8, 1 / 9],
    [60, 0.05],
  ]) {
    const domains = Array.from({ length: 40 }, () => domainOf(drawn(count, random)));
    const foreign = (shift: number) => {
      const flags = domains.flatMap((domain) =>
        drawn(20, random, shift).map((features) => novelty(features, domain) > 1),
      );
      return flags.filter(Boolean).length / flags.length;
    };
    expect(foreign(0)).toBeLessThan(promised * 1.2);
    expect(foreign(8)).toBe(1);
  }
});

test('features that never vary do not decide, and do not divide by zero', () => {
  const domain = domainOf([
    [1, 7],
    [2, 7],
    [3, 7],
  ]);
  expect(novelty([2, 7], domain)).toBe(0);
  expect(novelty([2, 7.01], domain)).toBeLessThan(1);
  const flat = domainOf([[1], [1], [1]]);
  expect([novelty([1], flat), novelty([9], flat)]).toEqual([0, 8]);
});

test('fewer than three images are no domain', () => {
  expect(() => domainOf([[1], [2]])).toThrow(/features of 3 images or more, got 2/);
});

test.each(families.map(({ name }) => name))(
  '%s: noise is foreign to a model that knows discs',
  (name) => {
    const family = families.find((one) => one.name === name)!;
    scope(() => {
      using generator = new Generator(0);
      using model = family.build(1, 1, {
        ...{ width: 4, size: side, generator, dropoutGenerator: generator, device: 'cpu' },
      });
      model.eval();
      const features = (sample: {
        image: Float32Array<ArrayBuffer>;
        width: number;
        height: number;
      }) => imageFeatures(model, sample, { size: side })!;
      const domain = domainOf(discSamples('known', 12).map(features));
      for (const other of discSamples('other', 6))
        expect(novelty(features(other), domain)).toBeLessThan(1.5);
      const noise = rand([side * side], { generator });
      const image = Float32Array.from(noise.toFloat32Array());
      expect(novelty(features({ image, width: side, height: side }), domain)).toBeGreaterThan(1.5);
    });
  },
);
