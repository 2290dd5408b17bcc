/** Warps beside closed forms: a warped ramp is a ramp, right angles and whole pixels are exact. */
import {
  Generator,
  grad,
  liveTensors,
  rand,
  randint,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { largestDifference } from '../../test/numeric.ts';
import {
  type Affine,
  compose,
  identity,
  rotation,
  scaling,
  shearing,
  translation,
  window,
} from './affine.ts';
import {
  allWarps,
  combine,
  cropPad,
  type DrawWarp,
  elastic,
  type Frame,
  flip,
  frameOf,
  geometric,
  geometricMask,
  rotate,
  samplingGrid,
  scale,
  shear,
  strong,
  translate,
  type Warp,
  warpImage,
  warpMask,
} from './index.ts';

let before = 0;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

/** A scope with a seeded generator. */
const seeded = <T>(seed: number, body: (generator: Generator) => T): T =>
  scope(() => body(new Generator(seed)));

const frame = (count: number, height = 20, width = 30): Frame => ({
  count,
  height,
  width,
  device: 'cpu',
});

const still = (map: Affine): Warp => ({ maps: [map], displacement: null });

/** Warps one image [1, C, H, W] by one map. */
const warped = (image: Tensor, map: Affine) =>
  warpImage(image, samplingGrid(still(map), frameOf(image)));

describe('one map', () => {
  test.each<[string, Affine, (image: Tensor) => Tensor]>([
    ['no change', identity, (image) => image],
    ['90 degrees, counter-clockwise', rotation(90), (image) => image.transpose(2, 3).flip([2])],
    ['180 degrees', rotation(180), (image) => image.flip([2, 3])],
    ['left and right swapped', scaling(-1, 1), (image) => image.flip([3])],
    ['upside down', scaling(1, -1), (image) => image.flip([2])],
    ['2 right, 1 up', translation(2, -1), (image) => image.constantPadNd([2, -2, -1, 1])],
    [
      'the right half, twice as wide, of an image doubled sideways',
      window({ left: 0.5, right: 1.5, top: 0, bottom: 1 }, { height: 6, width: 6 }),
      (image) => image.constantPadNd([-3, 3, 0, 0]),
    ],
  ])('%s is exact', (_, map, expected) => {
    seeded(0, (generator) => {
      const image = rand([1, 3, 6, 6], { generator });
      expect(largestDifference(warped(image, map), expected(image))).toBeLessThan(1e-6);
      const ids = randint(0, 5, [1, 6, 6], { generator });
      const mask = warpMask(ids, samplingGrid(still(map), frameOf(ids)));
      expect(mask.toArray()).toEqual(expected(ids.unsqueeze(1)).toArray());
    });
  });

  test('any map, with a displacement, reads a ramp where the map says', () => {
    seeded(0, (generator) => {
      const [height, width] = [12, 16];
      const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
      const ramp = (x: number, y: number) => 0.3 * x - 0.5 * y;
      const rows = Array.from({ length: height }, (_, j) =>
        Array.from({ length: width }, (_, i) => ramp(i - cx, j - cy)),
      );
      const image = tensor([[rows, rows]]).reshape([2, 1, height, width]);
      const maps = [
        [rotation(31), translation(1.5, -2.25), scaling(1.2, 0.9)].reduce(compose),
        [shearing(20), scaling(0.8, 1.3), rotation(-100)].reduce(compose),
      ];
      const displacement = rand([2, 2, height, width], { generator });
      const out = warpImage(image, samplingGrid({ maps, displacement }, frameOf(image))).toArray();
      const d = displacement.toArray();
      let inside = 0;
      maps.forEach(([a, b, c, e, f, g], n) => {
        for (let j = 0; j < height; j++) {
          for (let i = 0; i < width; i++) {
            const at = (channel: number) => d[((n * 2 + channel) * height + j) * width + i];
            const [x, y] = [i - cx + at(0), j - cy + at(1)];
            const [u, v] = [a * x + b * y + c, e * x + f * y + g];
            if (Math.abs(u) > cx || Math.abs(v) > cy) continue;
            inside++;
            expect(out[(n * height + j) * width + i]).toBeCloseTo(ramp(u, v), 4);
          }
        }
      });
      expect(inside).toBeGreaterThan(200);
    });
  });

  test('compose(p, q) is p, then q', () => {
    seeded(0, (generator) => {
      const image = rand([1, 1, 8, 8], { generator });
      const [p, q] = [rotation(90), translation(3, 1)];
      const twice = warped(warped(image, p), q);
      expect(largestDifference(warped(image, compose(p, q)), twice)).toBeLessThan(1e-6);
      expect(largestDifference(warped(image, compose(q, p)), twice)).toBeGreaterThan(0.1);
    });
  });

  test.each([
    ['zeros', [0, 0, 1, 2]],
    ['border', [1, 1, 1, 2]],
    ['reflection', [2, 1, 1, 2]],
  ] as const)('beyond the edge, %s', (padding, expected) => {
    scope(() => {
      const image = tensor([[[[1, 2, 3, 4]]]]);
      const grid = samplingGrid(still(translation(2, 0)), frameOf(image));
      expect(largestDifference(warpImage(image, grid, { padding }), expected)).toBeLessThan(1e-5);
      const ids = image.squeeze(1).to({ dtype: 'int64' });
      expect(warpMask(ids, grid, { padding }).toArray()).toEqual(expected);
    });
  });
});

/** Largest allowed and, over many draws, nearly reached. */
function expectRange(values: readonly number[], low: number, high: number): void {
  const near = 0.02 * (high - low);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  expect(least).toBeGreaterThanOrEqual(low - 1e-12);
  expect(least).toBeLessThan(low + near);
  expect(most).toBeLessThanOrEqual(high + 1e-12);
  expect(most).toBeGreaterThan(high - near);
  const mean = values.reduce((a, b) => a + b) / values.length;
  expect(Math.abs(mean - (low + high) / 2)).toBeLessThan(2 * near);
}

describe('draws', () => {
  const COUNT = 2000;
  const degrees = 180 / Math.PI;

  test.each<[string, DrawWarp, (map: Affine) => number, number, number]>([
    ['rotate', rotate(), ([a, b]) => Math.atan2(-b, a) * degrees, -15, 15],
    ['shear', shear(), ([, b]) => Math.atan(-b) * degrees, -8, 8],
    ['scale x', scale(), ([a]) => 1 / a, 0.8, 1.2],
    ['scale y', scale(), ([, , , , e]) => 1 / e, 0.8, 1.2],
    ['translate x', translate(), ([, , c]) => -c / 30, -0.1, 0.1],
    ['translate y', translate(), ([, , , , , f]) => -f / 20, -0.1, 0.1],
    ['crop left', cropPad(), ([a, , c]) => c / 30 + (1 - a) / 2, -0.1, 0.1],
    ['crop bottom', cropPad(), ([, , , , e, f]) => (1 - e) / 2 - f / 20, -0.1, 0.1],
  ])('%s stays in its range and fills it', (_, draw, parameter, low, high) => {
    seeded(1, (generator) => {
      expectRange(draw(frame(COUNT), generator).maps.map(parameter), low, high);
    });
  });

  test('flips come as often as they should', () => {
    seeded(1, (generator) => {
      const { maps } = flip({ horizontal: 0.5, vertical: 0.25 })(frame(COUNT), generator);
      const share = (k: number) => maps.filter((map) => map[k] === -1).length / COUNT;
      expect(share(0)).toBeCloseTo(0.5, 1);
      expect(share(4)).toBeCloseTo(0.25, 1);
      expect(flip()(frame(COUNT), generator).maps.every((map) => map[4] === 1)).toBe(true);
    });
  });

  test('elastic: normal in size, smooth, through the drawn points', () => {
    seeded(1, (generator) => {
      const draw = elastic({ deviation: 0.05, points: 3 });
      const field = draw(frame(500, 33, 33), generator).displacement!;
      const middle = field.at(':', ':', 16, 16);
      expect(middle.mean().item()).toBeCloseTo(0, 0);
      expect(middle.reshape([-1]).std([0]).item() / (0.05 * 33)).toBeCloseTo(1, 1);
      const neighbours = field
        .narrow(3, 1, 32)
        .sub(field.narrow(3, 0, 32))
        .abs()
        .max()
        .item();
      expect(neighbours / field.abs().max().item()).toBeLessThan(0.2);
    });
  });

  test('combine composes what its parts draw, in either order', () => {
    seeded(1, (generator) => {
      const state = generator.state;
      const both = combine(translate(), scale())(frame(COUNT), generator);
      generator.state = state;
      const [t, s] = [translate(), scale()].map((draw) => draw(frame(COUNT), generator));
      const first = both.maps.filter((map, i) => {
        const forth = compose(t.maps[i], s.maps[i]);
        if (map.join() === forth.join()) return true;
        expect(map).toEqual(compose(s.maps[i], t.maps[i]));
        return false;
      });
      expect(first.length / COUNT).toBeCloseTo(0.5, 1);
    });
  });

  test('combine adds displacements', () => {
    seeded(1, (generator) => {
      const state = generator.state;
      const parts = [elastic(), rotate(), elastic({ points: 6 })];
      const { displacement } = combine(...parts)(frame(2), generator);
      generator.state = state;
      const [p, , q] = parts.map((draw) => draw(frame(2), generator));
      expect(displacement!.equal(p.displacement!.add(q.displacement!))).toBe(true);
    });
  });
});

describe('augmentations', () => {
  const random = (generator: Generator, channels = 1) => ({
    image: rand([3, channels, 16, 16], { generator }),
    mask: randint(0, 3, [3, 16, 16], { generator }),
  });

  test.each([1, 3])('strength 0 changes nothing, %i channels', (channels) => {
    seeded(2, (generator) => {
      const pair = random(generator, channels);
      const { image, mask } = strong({ strength: 0 })(pair, generator);
      expect(largestDifference(image, pair.image)).toBeLessThan(1e-6);
      expect(mask.equal(pair.mask)).toBe(true);
    });
  });

  test('strong with a probability leaves whole pairs as they are', () => {
    seeded(2, (generator) => {
      const pair = {
        image: rand([400, 1, 8, 8], { generator }),
        mask: randint(0, 3, [400, 8, 8], { generator }),
      };
      const { image, mask } = strong({ probability: 0.25 })(pair, generator);
      const kept = image.eq(pair.image).reshape([400, -1]).all(1);
      const keptMasks = mask.eq(pair.mask).reshape([400, -1]).all(1);
      const count = kept.sum().item();
      expect(count).toBeGreaterThan(260);
      expect(count).toBeLessThan(340);
      expect(kept.logicalAnd(keptMasks).sum().item()).toBe(count);
    });
  });

  test('the same state gives the same bits, and the state goes on', () => {
    seeded(2, (generator) => {
      const pair = random(generator);
      const state = generator.state;
      const [first, second] = [1, 2].map(() => strong()(pair, generator));
      generator.state = state;
      const again = strong()(pair, generator);
      expect(again.image.equal(first.image)).toBe(true);
      expect(again.mask.equal(first.mask)).toBe(true);
      expect(second.image.equal(first.image)).toBe(false);
    });
  });

  test('image and mask move together', () => {
    seeded(3, (generator) => {
      const mask = randint(0, 2, [20, 16, 16], { generator });
      const image = mask.unsqueeze(1).to({ dtype: 'float32' });
      const out = geometric()({ image, mask }, generator);
      // The nearest of four pixels weighs at least 1/4 in the bilinear mean.
      const difference = out.image.squeeze(1).sub(out.mask).abs();
      expect(difference.max().item()).toBeLessThan(0.75 + 1e-4);
      expect(out.mask.equal(mask)).toBe(false);
    });
  });

  test.each(['zeros', 'border', 'reflection'] as const)(
    'masks keep to the ids they had, beyond the edge: %s',
    (padding) => {
      seeded(4, (generator) => {
        const ids = tensor([0, 3, 7, 250], { dtype: 'int64' });
        const augment = geometricMask(allWarps({ strength: 2 }), { padding });
        for (let round = 0; round < 20; round++) {
          const mask = ids.at([0, 4]).indexSelect(0, randint(0, 4, [2 * 11 * 13], { generator }));
          const out = augment(mask.reshape([2, 11, 13]), generator);
          expect(out.dtype).toBe('int64');
          expect(out.shape).toEqual([2, 11, 13]);
          expect(new Set(out.toArray())).toEqual(new Set([0, 3, 7, 250]));
        }
      });
    },
  );

  test.each([1, 3])('one-hot masks of %i planes stay one-hot and move as ids do', (planes) => {
    seeded(5, (generator) => {
      const ids = randint(0, Math.max(planes, 2), [4, 16, 16], { generator });
      const oneHot = planes === 1 ? ids.unsqueeze(1) : ids.oneHot({ numClasses: 3 }).movedim(-1, 1);
      const state = generator.state;
      const moved = geometricMask()(oneHot.to({ dtype: 'float32' }), generator);
      generator.state = state;
      const movedIds = geometricMask()(ids, generator);
      expect(moved.dtype).toBe('float32');
      const back = planes === 1 ? moved.squeeze(1) : moved.argmax({ dim: 1 });
      expect(back.to({ dtype: 'int64' }).equal(movedIds)).toBe(true);
      expect(moved.sum([1]).max().item()).toBe(1);
      if (planes > 1) expect(moved.sum([1]).min().item()).toBe(1);
    });
  });

  test('the gradient of the image is the adjoint of the warp', () => {
    seeded(6, (generator) => {
      const { image, mask } = random(generator, 2);
      image.requiresGrad_();
      const out = geometric()({ image, mask }, generator).image;
      const weights = rand(out.shape, { generator });
      const product = out.mul(weights).sum(); // linear in the image, so <image, its gradient> again
      const [gradient] = grad(product, [image]);
      expect(gradient.mul(image).sum().item()).toBeCloseTo(product.item(), 2);
      expect(gradient.abs().max().item()).toBeGreaterThan(0.1);
    });
  });

  test('an image and a mask that do not belong together are refused', () => {
    seeded(7, (generator) => {
      const pair = { image: zeros([2, 1, 8, 8]), mask: zeros([2, 8, 9], { dtype: 'int64' }) };
      expect(() => geometric()(pair, generator)).toThrow(
        'image [2,1,8,8] and mask [2,8,9] differ in number or size',
      );
    });
  });

  test.each([
    [() => strong({ strength: -1 }), 'strength must be from 0 to 3, got -1'],
    [() => strong({ probability: 2 }), 'probability must be from 0 to 1, got 2'],
    [() => flip({ horizontal: 1.5 }), 'horizontal must be from 0 to 1'],
    [() => scale({ share: 1 }), 'share must be from 0 to 0.9'], // would shrink to nothing
    [() => cropPad({ share: 0.5 }), 'share must be from 0 to 0.45'], // would cut everything off
    [() => elastic({ points: 1 }), 'points must be from 2 to 64'],
    [() => rotate({ degrees: Number.NaN }), 'degrees must be from 0 to 180, got NaN'],
  ])('%s is refused', (make, message) => {
    expect(make).toThrow(message);
  });
});
