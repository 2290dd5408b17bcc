import { Generator, noGrad, scope, type Tensor, tensor } from '@genseg/torch';
import { describe, expect, test } from 'vitest';
import { checkLeaks, DrawnSegmenter } from '../../test/tiny.ts';
import { Conv2d, classTask } from '../nn/index.ts';
import type { Picture } from './predict.ts';
import { predictTiled, tileStarts, tileWeights } from './tiles.ts';

checkLeaks();

const sizes = [
  [100, 32],
  [33, 32],
  [32, 32],
  [20, 32],
  [257, 17],
  [10_000, 511],
];

test.each(sizes)(
  '%i px in tiles of %i: half over each other, from edge to edge',
  (length, tile) => {
    const starts = tileStarts(length, tile);
    expect(starts[0]).toBe(0);
    expect(starts.at(-1)).toBe(Math.max(0, length - tile));
    for (const [i, start] of starts.slice(1).entries()) {
      expect(start).toBeGreaterThan(starts[i]);
      expect(start - starts[i]).toBeLessThanOrEqual(Math.ceil(tile / 2));
    }
    const sums = new Float64Array(length);
    for (const [i, weights] of tileWeights(starts, tile, length).entries())
      for (const [k, weight] of weights.entries()) sums[starts[i] + k] += weight;
    expect(sums.every((sum) => Math.abs(sum - 1) < 1e-6)).toBe(true);
  },
);

/** Fine stripes over slow waves. */
function picture(width: number, height: number): Picture {
  const image = Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return 0.5 + 0.25 * Math.sin(0.07 * x + 0.11 * y) + 0.2 * Math.sin(2.1 * x) * Math.cos(1.7 * y);
  });
  return { width, height, image };
}

/** A tile as it lies in the picture; beyond its edge the last pixels go on. */
const cut = ({ width, height, image }: Picture, tile: { width: number; height: number }) => ({
  ...{ width, height },
  tile: (x: number, y: number): Picture => ({
    ...tile,
    image: Float32Array.from({ length: tile.width * tile.height }, (_, i) => {
      const column = Math.min(width - 1, x + (i % tile.width));
      const row = Math.min(height - 1, y + Math.floor(i / tile.width));
      return image[row * width + column];
    }),
  }),
});

const side = 32;
const square = { width: side, height: side };
const use = { size: side, task: classTask(2), atOnce: 3, probabilities: true };
const tiled = (logits: (images: Tensor) => Tensor, whole: Picture, tile = square) => {
  using model = new DrawnSegmenter(logits);
  return predictTiled(model, cut(whole, tile), tile, use);
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('at the scale of the model', () => {
  const wholes = [picture(101, 70), picture(20, 90), picture(15, 9)];

  test.each(wholes)(
    '$width x $height: where nothing but the pixel counts, tiles leave no trace',
    (whole) => {
      const { mask, probabilities, ...size } = tiled((images) => images.sub(0.5).mul(9), whole);
      expect(size).toEqual({ width: whole.width, height: whole.height });
      expect(probabilities).toHaveLength(1);
      const differences = Array.from(whole.image, (v, i) =>
        Math.abs(probabilities[0][i] - sigmoid(9 * (v - 0.5))),
      );
      expect(Math.max(...differences)).toBeLessThan(1e-5);
      const wrong = mask.filter((id, i) => whole.image[i] > 0.5 + 1e-6 !== (id === 1));
      expect(wrong).toHaveLength(0);
      expect(mask).toHaveLength(whole.image.length);
    },
  );

  test('what is the same everywhere stays the same', () => {
    for (const whole of wholes) {
      const { probabilities } = tiled((images) => images.mul(0).add(0.7), whole);
      expect(probabilities[0].every((p) => Math.abs(p - sigmoid(0.7)) < 1e-6)).toBe(true);
    }
  });

  test('where neighbours count, seams are hundreds of times fainter than with tiles side by side', () => {
    using generator = new Generator(0);
    using conv = new Conv2d(1, 1, 5, { padding: 2, generator });
    const logits = (images: Tensor) => conv.forward(images).mul(20);
    const whole = picture(96, 64);
    const probabilities = (one: Picture): number[] =>
      scope(() =>
        noGrad(() =>
          logits(tensor(one.image, { shape: [1, 1, one.height, one.width] }))
            .sigmoid()
            .reshape([-1])
            .toArray(),
        ),
      );
    const reference = probabilities(whole);
    const { tile } = cut(whole, square);
    const abutting = new Float64Array(reference.length);
    for (const y of [0, 32])
      for (const x of [0, 32, 64])
        for (const [i, p] of probabilities(tile(x, y)).entries())
          abutting[(y + Math.floor(i / side)) * 96 + x + (i % side)] = p;
    const blended = tiled(logits, whole).probabilities[0];
    const seam = (found: ArrayLike<number>) => {
      let most = 0;
      for (
        let y = 2;
        y < 62;
        y++ // not the image's own edges
      )
        for (let x = 2; x < 94; x++) {
          const i = 96 * y + x;
          most = Math.max(most, Math.abs(found[i] - reference[i]));
        }
      return most;
    };
    expect(seam(abutting)).toBeGreaterThan(0.3);
    // The Gaussian's weight two pixels from the edge is 1.4 thousandths of that in the centre.
    expect(seam(blended)).toBeLessThan(seam(abutting) / 200);
  });
});

test('tiles of another scale and shape are stretched to the model and back', () => {
  const whole: Picture = {
    ...{ width: 300, height: 200 },
    image: Float32Array.from(
      { length: 300 * 200 },
      (_, i) => 0.5 + 0.4 * Math.sin(0.03 * (i % 300)) * Math.cos(0.04 * Math.floor(i / 300)),
    ),
  };
  const tile = { width: 96, height: 64 }; // thrice and twice the model's
  const { probabilities } = tiled((images) => images.sub(0.5).mul(4), whole, tile);
  const differences = Array.from(whole.image, (v, i) =>
    Math.abs(probabilities[0][i] - sigmoid(4 * (v - 0.5))),
  );
  expect(Math.max(...differences)).toBeLessThan(0.02);
});

test('several classes; no probabilities unless they are asked for', () => {
  using model = new DrawnSegmenter((images) =>
    images.mul(tensor([1, -1, 0.2]).reshape([1, 3, 1, 1])),
  );
  const whole = picture(50, 40);
  const negative = { ...whole, image: whole.image.map((v, i) => (i % 50 < 25 ? v : -v)) };
  const task = classTask(3);
  const { mask, probabilities } = predictTiled(model, cut(negative, square), square, {
    ...{ ...use, task },
    probabilities: false,
  });
  expect(probabilities).toEqual([]);
  expect(mask.every((id, i) => id === (i % 50 < 25 ? 0 : 1))).toBe(true);
});
