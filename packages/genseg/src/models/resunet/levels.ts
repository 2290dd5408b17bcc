/** The levels of the residual U-Net, as nnU-Net's planner configures them for images of one spacing in 2-D. */

export interface Level {
  /** Of its features. */
  channels: number;
  /** Residual blocks of its stage of the encoder. */
  blocks: number;
}

/** Side of the smallest features, px. */
export const smallestSide = 4;
const mostHalvings = 7;
/** Blocks of the encoder's stages; each stage below has as many as the last. */
const blocksPerStage = [1, 3, 4, 6];

/**
 * How often the planner halves images of a height and width: while both sides, rounded up, have 4 px or
 * more after it, and at most seven times, which is reached at 512 px.
 */
export function resUNetDepth(height: number, width: number): number {
  let depth = 0;
  let side = Math.min(height, width);
  while (side >= 2 * smallestSide && depth < mostHalvings) {
    side = Math.ceil(side / 2);
    depth += 1;
  }
  return depth;
}

/** From the full resolution down. @param width channels of the first level. @param size side of the images, px. */
export const resUNetLevels = (width: number, size: number): Level[] =>
  Array.from({ length: resUNetDepth(size, size) + 1 }, (_, level) => ({
    channels: width * Math.min(2 ** level, 16),
    blocks: blocksPerStage[level] ?? blocksPerStage.at(-1)!,
  }));
