/**
 * Large images in overlapping tiles, as nnU-Net does (Isensee et al. 2021, supplement, "Inference"): tiles half over
 * each other, weighted by a Gaussian around their centres, since a model sees least at the edges of what it is
 * shown. Logits are blended. What is held is one row of tiles, and the mask.
 */
import { noGrad, scope, type Tensor, tensor, upsampleBilinear2d, zeros } from '@genseg/torch';
import type { Size } from '../data/index.ts';
import type { Task } from '../nn/index.ts';
import { decide, inputOf, type Picture, type Prediction } from './predict.ts';
import type { Segmenter } from './segmenter.ts';

/** An image that need not be in memory as the model's numbers. */
export interface LargeImage extends Size {
  /** The tile whose first pixel is at column x and row y; it may reach beyond the right and the lower edge. */
  tile(x: number, y: number): Picture;
}

/** First pixels of tiles along an axis: at least half over each other, evenly spaced, from edge to edge. */
export function tileStarts(length: number, tile: number): number[] {
  if (length <= tile) return [0];
  const gaps = Math.ceil((length - tile) / (tile / 2));
  return Array.from({ length: gaps + 1 }, (_, i) => Math.round((i * (length - tile)) / gaps));
}

/** Of nnU-Net: the Gaussian's deviation as a share of the tile. */
const deviation = 1 / 8;

/** By tile, the weights of its pixels that lie in the image; at each pixel of the axis they add up to 1. */
export function tileWeights(
  starts: readonly number[],
  tile: number,
  length: number,
): Float32Array[] {
  const inside = Math.min(tile, length);
  const window = Float64Array.from({ length: inside }, (_, i) =>
    Math.exp(-0.5 * ((i - (tile - 1) / 2) / (deviation * tile)) ** 2),
  );
  const sums = new Float64Array(length);
  for (const start of starts) for (let i = 0; i < inside; i++) sums[start + i] += window[i];
  return starts.map((start) => Float32Array.from(window, (weight, i) => weight / sums[start + i]));
}

/**
 * @param segmenter in evaluation mode. @param tile px of the image that a tile covers; it is stretched to the model's square
 *   as the training images were. @param use.atOnce tiles in a pass. @param use.probabilities whether to keep them: 4 bytes a
 *   pixel and plane.
 */
export function predictTiled(
  segmenter: Segmenter,
  image: LargeImage,
  tile: Size,
  use: { size: number; task: Task; atOnce: number; probabilities: boolean },
): Prediction {
  const { size: side, task, atOnce } = use;
  const { width, height } = image;
  const [columns, rows] = [tileStarts(width, tile.width), tileStarts(height, tile.height)];
  const [w, h] = [Math.min(tile.width, width), Math.min(tile.height, height)];
  const pixels = width * height;
  const mask = new Uint8Array(pixels);
  const probabilities: Float32Array[] = [];
  return scope(() =>
    noGrad(() => {
      const { device } = segmenter.parameters()[0].value;
      const across = tileWeights(columns, tile.width, width).map((one) =>
        tensor(one).to({ device }),
      ); // [w]
      const down = tileWeights(rows, tile.height, height).map(
        (one) => tensor(one).unsqueeze(1).to({ device }), // [h, 1]
      );
      /** Weighted logits of the rows that tiles still cover, [K, h, width]. */
      const open = zeros([task.planes.length, h, width], { device });
      const add = (logits: Tensor, place: { row: number; column: number }) => {
        const large = upsampleBilinear2d(logits, [tile.height, tile.width], false).squeeze(0);
        const weight = across[place.column].mul(down[place.row]); // [h, w]
        const visible = large.narrow(1, 0, h).narrow(2, 0, w);
        open.narrow(2, columns[place.column], w).add_(visible.mul(weight));
      };
      const close = (y: number, count: number) => {
        const done = decide(open.narrow(1, 0, count), { width, height: count }, task);
        mask.set(done.mask, y * width);
        if (!use.probabilities) return;
        for (const [k, plane] of done.probabilities.entries()) {
          probabilities[k] ??= new Float32Array(pixels);
          probabilities[k].set(plane, y * width);
        }
      };
      for (const [row, y] of rows.entries()) {
        for (let first = 0; first < columns.length; first += atOnce) {
          scope(() => {
            const seen = columns.slice(first, first + atOnce).map((x) => image.tile(x, y));
            const logits = segmenter
              .forward(inputOf(segmenter, seen, side))
              .to({ dtype: 'float32' });
            for (let i = 0; i < seen.length; i++)
              add(logits.narrow(0, i, 1), { row, column: first + i });
          });
        }
        const count = (rows[row + 1] ?? height) - y;
        scope(() => {
          close(y, count);
          if (count === h) return;
          open.narrow(1, 0, h - count).copy_(open.narrow(1, count, h - count).clone());
          open.narrow(1, h - count, count).fill_(0);
        });
      }
      return { width, height, mask, probabilities };
    }),
  );
}
