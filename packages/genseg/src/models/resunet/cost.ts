/**
 * What the residual U-Net needs of memory, counted layer by layer before it is built, as nnU-Net's planner
 * does ("compute_conv_feature_map_size"; Isensee et al. 2021), but with every tensor that a backward pass reads.
 */
import { type Level, resUNetLevels } from './levels.ts';

export interface ResUNetCost {
  /** Trained values. */
  weights: number;
  /** Values of features that are kept for a backward pass, of one image. */
  features: number;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Of a convolution with bias and its normalisation. */
const convNorm = (from: number, to: number): number => 9 * from * to + 3 * to;

/** @param planes of the logits. @param options.width channels of the first level. @param options.size px a side. */
export function resUNetCost(
  channels: number,
  planes: number,
  { width, size }: { width: number; size: number },
): ResUNetCost {
  const levels = resUNetLevels(width, size);
  const depth = levels.length - 1;
  const side = Math.ceil(size / 2 ** depth) * 2 ** depth; // what images are extended to
  const pixels = (level: number): number => (side / 2 ** level) ** 2;
  return {
    weights:
      convNorm(channels, width) +
      sum(levels.map((level, i) => stageWeights(level, levels[i - 1] ?? level))) +
      sum(levels.slice(1).map((below, i) => stepWeights(levels[i], below))) +
      sum(levels.slice(0, Math.max(1, depth - 1)).map((level) => (level.channels + 1) * planes)),
    features:
      3 * width * pixels(0) +
      sum(levels.map((level, i) => stageFeatures(level, levels[i - 1]) * pixels(i))) +
      // The decoder's: both halves of what is merged, the convolution, its normalisation, its activation.
      sum(levels.slice(0, depth).map((level, i) => 5 * level.channels * pixels(i))),
  };
}

function stageWeights({ channels: c, blocks }: Level, above: Level): number {
  const projection = above.channels === c ? 0 : above.channels * c + 2 * c;
  return convNorm(above.channels, c) + projection + (2 * blocks - 1) * convNorm(c, c);
}

const stepWeights = ({ channels: here }: Level, { channels: below }: Level): number =>
  4 * below * here + here + convNorm(2 * here, here);

/**
 * A block keeps of its first half the convolution, its normalisation and its activation, of its second the
 * convolution, and of the whole the sum and its activation; the first also the average of what it halves and, where
 * channels change, the convolution of that.
 */
function stageFeatures({ channels: c, blocks }: Level, above: Level | undefined): number {
  const skip = above ? above.channels + (above.channels === c ? 0 : c) : 0;
  return 6 * c * blocks + skip;
}
