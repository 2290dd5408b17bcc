/**
 * Random warps as values, and the augmentations made of them. The ranges are those of the paper's mask
 * augmentation (Zhang et al. 2025). Each warp always acts, drawn evenly about "no change"; a share is
 * a part of the image's side.
 */
import { type Generator, randn, scope, upload, upsampleBicubic2d } from '@genseg/torch';
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
  type Augmentation,
  type MaskAugmentation,
  requireBetween,
  uniform,
} from './augmentation.ts';
import {
  type Frame,
  frameOf,
  type Padding,
  samplingGrid,
  type Warp,
  warpImage,
  warpMask,
} from './warp.ts';

/** Draws a warp for each sample of a batch. */
export type DrawWarp = (frame: Frame, generator: Generator) => Warp;

const affine = (maps: readonly Affine[]): Warp => ({ maps, displacement: null });

/** Mirrors with these probabilities; upside down only on request, since organs have an upside. */
export function flip(options: { horizontal?: number; vertical?: number } = {}): DrawWarp {
  const { horizontal = 0.5, vertical = 0 } = options;
  requireBetween('horizontal', horizontal, 0, 1);
  requireBetween('vertical', vertical, 0, 1);
  return ({ count }, generator) => {
    const x = uniform(count, 0, 1, generator);
    const y = uniform(count, 0, 1, generator);
    return affine(x.map((u, i) => scaling(u < horizontal ? -1 : 1, y[i] < vertical ? -1 : 1)));
  };
}

/** Cuts off, or adds, up to `share` at each of the four sides, and fits the rest to the frame. */
export function cropPad(options: { share?: number } = {}): DrawWarp {
  const { share = 0.1 } = options;
  requireBetween('share', share, 0, 0.45);
  return (frame, generator) => {
    const draw = () => uniform(frame.count, -share, share, generator);
    const [left, right, top, bottom] = [draw(), draw(), draw(), draw()];
    return affine(
      left.map((_, i) =>
        window({ left: left[i], right: 1 - right[i], top: top[i], bottom: 1 - bottom[i] }, frame),
      ),
    );
  };
}

/** Enlarges by 1 - share to 1 + share, each axis for itself. */
export function scale(options: { share?: number } = {}): DrawWarp {
  const { share = 0.2 } = options;
  requireBetween('share', share, 0, 0.9);
  return ({ count }, generator) => {
    const x = uniform(count, 1 - share, 1 + share, generator);
    const y = uniform(count, 1 - share, 1 + share, generator);
    return affine(x.map((_, i) => scaling(x[i], y[i])));
  };
}

/** Moves by up to `share` of each side. */
export function translate(options: { share?: number } = {}): DrawWarp {
  const { share = 0.1 } = options;
  requireBetween('share', share, 0, 1);
  return ({ count, height, width }, generator) => {
    const x = uniform(count, -share, share, generator);
    const y = uniform(count, -share, share, generator);
    return affine(x.map((_, i) => translation(x[i] * width, y[i] * height)));
  };
}

/** Turns by up to `degrees` either way. */
export function rotate(options: { degrees?: number } = {}): DrawWarp {
  const { degrees = 15 } = options;
  requireBetween('degrees', degrees, 0, 180);
  return ({ count }, generator) =>
    affine(uniform(count, -degrees, degrees, generator).map(rotation));
}

/** Slants by up to `degrees` either way. */
export function shear(options: { degrees?: number } = {}): DrawWarp {
  const { degrees = 8 } = options;
  requireBetween('degrees', degrees, 0, 60);
  return ({ count }, generator) =>
    affine(uniform(count, -degrees, degrees, generator).map(shearing));
}

/**
 * Smooth deformation: `points` by `points` normal displacements with a standard deviation of
 * `deviation` of the side, and bicubic interpolation between (Ronneberger et al. 2015, section 3.1).
 */
export function elastic(options: { deviation?: number; points?: number } = {}): DrawWarp {
  const { deviation = 0.02, points = 4 } = options;
  requireBetween('deviation', deviation, 0, 1);
  requireBetween('points', points, 2, 64);
  return ({ count, height, width, device }, generator) => ({
    maps: Array(count).fill(identity),
    displacement: scope(() => {
      const nodes = upload(randn([count, 2, points, points], { generator }), device);
      return upsampleBicubic2d(nodes, [height, width], true).mul(
        deviation * Math.min(height, width),
      );
    }),
  });
}

/**
 * All of them at once, in a random order for each sample, as one map and one reading of the pixels.
 * Displacements add and come last, whatever the order.
 */
export function combine(...draws: readonly DrawWarp[]): DrawWarp {
  return (frame, generator) => {
    const warps = draws.map((draw) => draw(frame, generator));
    const ranks = draws.map(() => uniform(frame.count, 0, 1, generator));
    const orders = Array.from({ length: frame.count }, (_, i) =>
      draws.map((_, k) => k).sort((p, q) => ranks[p][i] - ranks[q][i]),
    );
    const displacements = warps.flatMap(({ displacement }) => displacement ?? []);
    return {
      maps: orders.map((order, i) =>
        order.reduce((map, k) => compose(map, warps[k].maps[i]), identity),
      ),
      displacement:
        displacements.length === 0 ? null : scope(() => displacements.reduce((a, b) => a.add(b))),
    };
  };
}

/** The paper's mask augmentation: all of the above. @param options.strength factor of every range, 0 (no change) to 3. */
export function allWarps(options: { strength?: number } = {}): DrawWarp {
  const { strength = 1 } = options;
  requireBetween('strength', strength, 0, 3);
  return combine(
    flip({ horizontal: Math.min(0.5, 0.5 * strength) }),
    cropPad({ share: 0.1 * strength }),
    scale({ share: 0.2 * strength }),
    translate({ share: 0.1 * strength }),
    rotate({ degrees: 15 * strength }),
    shear({ degrees: 8 * strength }),
    elastic({ deviation: 0.02 * strength }),
  );
}

/** Warps images and masks alike. @throws TypeError when the two do not belong together. */
export function geometric(
  draw: DrawWarp = allWarps(),
  options: { padding?: Padding } = {},
): Augmentation {
  return ({ image, mask }, generator) => {
    const frame = frameOf(image);
    const { count, height, width } = frameOf(mask);
    if (count !== frame.count || height !== frame.height || width !== frame.width)
      throw new TypeError(
        `image [${image.shape}] and mask [${mask.shape}] differ in number or size`,
      );
    return scope(() => {
      const grid = samplingGrid(draw(frame, generator), frame);
      return {
        image: warpImage(image, grid, options),
        mask: warpMask(mask, grid, options),
      };
    });
  };
}

/** Warps masks alone, to have new ones that images are generated for. */
export function geometricMask(
  draw: DrawWarp = allWarps(),
  options: { padding?: Padding } = {},
): MaskAugmentation {
  return (mask, generator) =>
    scope(() => {
      const frame = frameOf(mask);
      return warpMask(mask, samplingGrid(draw(frame, generator), frame), options);
    });
}
