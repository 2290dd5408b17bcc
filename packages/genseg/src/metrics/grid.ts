/**
 * The pixel grid of a label image: extents and pitch per axis, slowest axis first, so that one code
 * serves images ([height, width]) and volumes ([depth, height, width]).
 */

export interface Grid {
  /** Number of pixels per axis, slowest first. */
  readonly shape: readonly number[];
  /** Pixel pitch per axis in mm, in the order of `shape`; absent where it is not known. */
  readonly spacing?: readonly number[];
}

/** The unit of every distance on this grid: mm where the spacing is known, else pixels. */
export const distanceUnit = (grid: Grid): 'mm' | 'px' => (grid.spacing ? 'mm' : 'px');

export const pixelCount = (grid: Grid): number => grid.shape.reduce((a, b) => a * b, 1);

/** Pixel pitch along an axis, in the unit of the grid. */
export const pitch = (grid: Grid, axis: number): number => grid.spacing?.[axis] ?? 1;

/** Length of the image's diagonal, corner to corner. */
export const diagonal = (grid: Grid): number =>
  Math.hypot(...grid.shape.map((length, axis) => length * pitch(grid, axis)));
