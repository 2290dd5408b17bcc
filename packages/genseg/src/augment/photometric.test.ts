/** Colour changes beside their formulas, and their derivatives beside differences. */
import {
  autocast,
  environment,
  full,
  Generator,
  grad,
  linspace,
  liveTensors,
  rand,
  scope,
  type Tensor,
  zeros,
} from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { derivatives, largestDifference, wave } from '../../test/numeric.ts';
import {
  anyContrast,
  bias,
  blur,
  chain,
  contrast,
  curve,
  type Drawn,
  gain,
  gamma,
  type ImageAugmentation,
  imageAugmentation,
  noise,
  photometric,
  saturation,
} from './index.ts';

let before = 0;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

const seeded = <T>(seed: number, body: (generator: Generator) => T): T =>
  scope(() => body(new Generator(seed)));

/** One value for each sample: `measure` of the changed [N, 1, 1, 1]-shaped or larger images. */
function overDraws(
  augmentation: ImageAugmentation,
  image: (count: number) => Tensor,
  measure: (changed: Tensor) => Tensor,
): number[] {
  return seeded(1, (generator) => measure(augmentation(image(2000), generator)).toArray());
}

/** Within the range, and near both ends over 2000 draws. */
function expectRange(values: readonly number[], low: number, high: number): void {
  const near = 0.02 * (high - low);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  expect(least).toBeGreaterThanOrEqual(low - 1e-5);
  expect(least).toBeLessThan(low + near);
  expect(most).toBeLessThanOrEqual(high + 1e-5);
  expect(most).toBeGreaterThan(high - near);
}

describe('each change is its formula, with a parameter in its range', () => {
  const half = (count: number) => full([count, 1, 1, 1], 0.5);

  test('gain', () => {
    expectRange(
      overDraws(gain(), half, (x) => x.mul(2)),
      0.8,
      1.2,
    );
  });

  test('bias', () => {
    expectRange(
      overDraws(bias(), half, (x) => x.sub(0.5)),
      -0.1,
      0.1,
    );
  });

  test('contrast keeps the mean and stretches the rest', () => {
    const step = (count: number) =>
      linspace(0.4, 0.6, 3).reshape([1, 1, 1, 3]).expand([count, -1, -1, -1]);
    expectRange(
      overDraws(contrast(), step, (x) =>
        x
          .amax({ dim: [3] })
          .sub(0.5)
          .mul(10),
      ),
      0.7,
      1.3,
    );
    expectRange(
      overDraws(contrast(), step, (x) =>
        x
          .amin({ dim: [3] })
          .sub(0.5)
          .mul(-10),
      ),
      0.7,
      1.3,
    );
    for (const mean of overDraws(contrast(), step, (x) => x.mean([1, 2, 3]))) {
      expect(mean).toBeCloseTo(0.5, 6);
    }
  });

  test('gamma keeps 0 and 1, and is near x^g between', () => {
    const ramp = (count: number) =>
      linspace(0, 1, 3).reshape([1, 1, 1, 3]).expand([count, -1, -1, -1]);
    const at = (k: number) => overDraws(gamma(), ramp, (x) => x.at(':', 0, 0, k));
    for (const value of at(0)) expect(value).toBeCloseTo(0, 6);
    for (const value of at(2)) expect(value).toBeCloseTo(1, 6);
    const exponents = at(1).map((value) => Math.log(value) / Math.log(0.5));
    expect(Math.min(...exponents)).toBeCloseTo(1 / 1.5, 1);
    expect(Math.max(...exponents)).toBeCloseTo(1.5, 1);
    const above = exponents.filter((exponent) => exponent > 1).length / exponents.length;
    expect(above).toBeCloseTo(0.5, 1); // evenly on the logarithmic scale
  });

  test('curve without amount is the identity, or the negative', () => {
    seeded(1, (generator) => {
      const image = rand([3, 2, 8, 8], { generator });
      const changed = (inverted: number) => curve({ amount: 0, inverted })(image, generator);
      expect(largestDifference(changed(0), image)).toBeLessThan(1e-6);
      expect(largestDifference(changed(1), image.rsub(1))).toBeLessThan(1e-6);
    });
  });

  test('curve draws its ends about 0 and 1, and half of the samples are negatives', () => {
    const ends = (count: number) => zeros([count, 1, 1, 1]);
    expectRange(
      overDraws(curve({ inverted: 0 }), ends, (x) => x),
      -0.2,
      0.2,
    );
    const negative = overDraws(curve(), ends, (x) => x).filter((value) => value > 0.5);
    expect(negative.length).toBeGreaterThan(900);
    expect(negative.length).toBeLessThan(1100);
  });

  test('saturation keeps the luma and moves colours; gray and two channels stay', () => {
    seeded(1, (generator) => {
      const image = rand([50, 3, 4, 4], { generator });
      const changed = saturation()(image, generator);
      const luma = (x: Tensor) => {
        const [r, g, b] = x.unbind({ dim: 1 });
        return r.mul(0.299).add(g, { alpha: 0.587 }).add(b, { alpha: 0.114 });
      };
      expect(largestDifference(luma(changed), luma(image))).toBeLessThan(1e-6);
      const spread = (x: Tensor) => x.sub(luma(x).unsqueeze(1)).reshape([50, -1]);
      const factors = spread(changed)
        .square()
        .sum([1])
        .div(spread(image).square().sum([1]))
        .sqrt();
      expect(factors.min().item()).toBeGreaterThan(0.5 - 1e-5);
      expect(factors.max().item()).toBeLessThan(1.5 + 1e-5);
      expect(factors.std([0]).item()).toBeGreaterThan(0.2);
      const gray = full([2, 3, 4, 4], 0.3);
      expect(largestDifference(saturation()(gray, generator), gray)).toBeLessThan(1e-6);
      const two = rand([2, 2, 4, 4], { generator });
      expect(saturation()(two, generator).equal(two)).toBe(true);
    });
  });

  test('blur spreads a point as a Gaussian and leaves a constant', () => {
    seeded(1, (generator) => {
      const point = zeros([200, 1, 13, 13]);
      point.at(':', ':', 6, 6).fill_(1);
      const changed = blur({ sigma: 1 })(point, generator);
      for (const sum of changed.sum([1, 2, 3]).toArray()) expect(sum).toBeCloseTo(1, 5);
      // exp(-r^2 / 2 s^2): a knight's move is the product of its parts.
      const at = (i: number, j: number) => changed.at(':', 0, 6 + i, 6 + j);
      const [centre, side, two, knight] = [at(0, 0), at(0, 1), at(2, 0), at(2, 1)];
      expect(largestDifference(knight.mul(centre), side.mul(two))).toBeLessThan(1e-6);
      expect(largestDifference(two.mul(centre.pow(3)), side.pow(4))).toBeLessThan(1e-6);
      expect(largestDifference(at(0, 1), at(-1, 0))).toBeLessThan(1e-7);
      const sigmas = side.div(centre).log().mul(-2).rsqrt().toArray();
      expect(Math.max(...sigmas)).toBeLessThan(1 + 1e-5);
      expect(Math.max(...sigmas)).toBeGreaterThan(0.95);
      expect(Math.min(...sigmas)).toBeLessThan(0.1);
      const constant = full([3, 2, 8, 8], 0.7);
      expect(largestDifference(blur()(constant, generator), constant)).toBeLessThan(1e-6);
    });
  });

  test('noise is normal, apart in each pixel, with its deviation in the range', () => {
    seeded(1, (generator) => {
      const changed = noise()(zeros([100, 1, 32, 32]), generator);
      const deviations = changed.reshape([100, -1]).std([1]);
      expect(deviations.max().item()).toBeLessThan(0.05 * 1.1);
      expect(deviations.max().item()).toBeGreaterThan(0.045);
      expect(deviations.min().item()).toBeLessThan(0.005);
      const unit = changed.div(deviations.reshape([100, 1, 1, 1]));
      expect(unit.mean().item()).toBeCloseTo(0, 1);
      expect(unit.pow(4).mean().item()).toBeCloseTo(3, 0);
      const neighbours = unit
        .narrow(3, 1, 31)
        .mul(unit.narrow(3, 0, 31))
        .mean();
      expect(neighbours.item()).toBeCloseTo(0, 1);
    });
  });

  test('chain keeps to [0, 1]', () => {
    seeded(1, (generator) => {
      const image = rand([20, 1, 8, 8], { generator });
      const changed = chain(gain({ share: 1 }), bias({ amount: 1 }))(image, generator);
      expect(changed.min().item()).toBe(0);
      expect(changed.max().item()).toBe(1);
    });
  });
});

const all: [string, ImageAugmentation][] = [
  ['gain', gain()],
  ['bias', bias()],
  ['contrast', contrast()],
  ['gamma', gamma()],
  ['saturation', saturation()],
  ['blur', blur()],
  ['noise', noise()],
  ['curve', curve()],
  ['photometric', photometric()],
];

test.each(all)('%s has first and second derivatives in the image', (_, augmentation) => {
  seeded(8, (generator) => {
    const image = wave([2, 3, 6, 6]).mul(0.25).add(0.5); // 0.25 to 0.75: away from the cut at 0 and 1
    const state = generator.state;
    const f = ([x]: Tensor[]) => {
      generator.state = state;
      return augmentation(x, generator).pow(3).mul(wave(x.shape, 3)).sum();
    };
    const { first, second } = derivatives(f, [image]);
    expect(first.exact / first.difference).toBeCloseTo(1, 5);
    expect(second.exact / second.difference).toBeCloseTo(1, 5);
    expect(Math.abs(first.exact)).toBeGreaterThan(1e-3);
  });
});

const tensorsOf = (drawn: Drawn): Tensor[] =>
  Array.isArray(drawn) ? drawn.flatMap(tensorsOf) : [drawn as Tensor];

describe.each([...all, ['anyContrast', anyContrast()]] as typeof all)(
  '%s, drawn and applied apart',
  (_, augmentation) => {
    test.each([1, 3])('is the call, with %i channels', (channels) => {
      seeded(11, (generator) => {
        const image = rand([4, channels, 8, 8], { generator });
        const { state } = generator;
        const called = augmentation(image, generator);
        const after = generator.state;
        generator.state = state;
        const { shape, dtype, device } = image; // no pixels
        const drawn = augmentation.draw({ shape, dtype, device }, generator);
        expect(generator.state).toEqual(after);
        for (let i = 0; i < 2; i++)
          expect(augmentation.apply(image, drawn).equal(called)).toBe(true);
      });
    });

    test('what was drawn survives the scope that returns it, and nothing else does', () => {
      seeded(12, (generator) => {
        const image = rand([4, 3, 8, 8], { generator });
        const before = liveTensors();
        const { drawn } = scope(() => ({ drawn: augmentation.draw(image, generator) }));
        expect(tensorsOf(drawn).length).toBeGreaterThan(0);
        expect(liveTensors() - before).toBe(tensorsOf(drawn).length);
        expect(augmentation.apply(image, drawn).shape).toEqual(image.shape);
      });
    });
  },
);

test('a chain takes changes that others made', () => {
  seeded(13, (generator) => {
    const image = rand([2, 1, 4, 4], { generator });
    const { state } = generator;
    const lit = imageAugmentation(
      ({ dtype }, generator) => rand([1], { dtype, generator }),
      (x, by) => x.add(by),
    );
    const changed = chain(lit, gain({ share: 0 }))(image, generator);
    generator.state = state;
    const expected = image.add(rand([1], { generator })).clamp({ max: 1 });
    expect(changed.equal(expected)).toBe(true);
  });
});

test('a black pixel has a finite gradient through gamma', () => {
  seeded(9, (generator) => {
    // At 0 itself clampMin passes no gradient on since LibTorch 2.14.
    const passes = /^(1|2\.([0-9]|1[0-3]))\./.test(environment().version);
    for (const [value, least] of [
      [0, passes ? Number.MIN_VALUE : 0],
      [1e-9, Number.MIN_VALUE],
    ]) {
      const image = zeros([50, 1, 1, 1]).add(value).requiresGrad_();
      const [gradient] = grad(gamma()(image, generator).sum(), [image]);
      expect(gradient.max().item()).toBeLessThan(5);
      expect(gradient.min().item()).toBeGreaterThanOrEqual(least);
    }
  });
});

test('autocast changes no bit', () => {
  seeded(10, (generator) => {
    const image = rand([2, 3, 16, 16], { generator });
    const state = generator.state;
    const plain = photometric()(image, generator);
    generator.state = state;
    const cast = autocast(() => photometric()(image, generator));
    expect(cast.equal(plain)).toBe(true);
  });
});

test.each([
  [() => gamma({ ratio: 0.5 }), 'ratio must be from 1 to 10, got 0.5'],
  [() => blur({ sigma: -1 }), 'sigma must be from 0 to 10'],
  [() => curve({ inverted: 2 }), 'inverted must be from 0 to 1'],
  [() => photometric({ strength: 4 }), 'strength must be from 0 to 3'],
])('%s is refused', (make, message) => {
  expect(make).toThrow(message);
});

test('what is no image augmentation is refused when a chain is built', () => {
  const plain = ((image: Tensor) => image) as never;
  for (const step of [plain, gain as never, undefined as never, [gain()] as never])
    expect(() => chain(gain(), step)).toThrow(/^chain: step 2 is no image augmentation; make one/);
  expect(() => imageAugmentation(plain, undefined as never)).toThrow(/takes two functions/);
});
