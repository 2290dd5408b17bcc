/**
 * Windows of tokens, Liu et al. 2021, "Swin Transformer", sect. 3.2: a map of tokens cut into windows, in
 * every second block after a shift by half a window, and which tokens of a window see each other.
 *
 * A side that the window does not divide is padded with tokens that none of the others sees. A side of no
 * more than a window is one window, without a shift.
 */
import { scope, type Tensor, tensor } from '@genseg/torch';

/** One side of the map: its tokens, those of a window, and the tokens with padding. */
interface Side {
  readonly size: number;
  readonly window: number;
  readonly shift: number;
  readonly padded: number;
}

export interface WindowGrid {
  readonly rows: Side;
  readonly columns: Side;
}

/** @param options.window side of a window in tokens. @param options.shifted by half a window. */
export function windowGrid(
  height: number,
  width: number,
  { window: largest, shifted }: { window: number; shifted: boolean },
): WindowGrid {
  const side = (size: number): Side => {
    const window = Math.min(size, largest);
    const shift = shifted && size > largest ? Math.floor(largest / 2) : 0;
    return { size, window, shift, padded: Math.ceil(size / window) * window };
  };
  return { rows: side(height), columns: side(width) };
}

const count = ({ padded, window }: Side): number => padded / window;
const shifted = ({ rows, columns }: WindowGrid): boolean => rows.shift + columns.shift > 0;
const missing = ({ padded, size }: Side): number => padded - size;

/** A map [N, H, W, C] to its windows [N, windows, tokens of a window, C]. */
export function partition(map: Tensor, grid: WindowGrid): Tensor {
  const { rows, columns } = grid;
  const [n, , , channels] = map.shape;
  return scope(() => {
    const whole =
      missing(rows) + missing(columns) > 0
        ? map.constantPadNd([0, 0, 0, missing(columns), 0, missing(rows)])
        : map;
    const moved = shifted(grid)
      ? whole.roll([-rows.shift, -columns.shift], { dims: [1, 2] })
      : whole;
    return moved
      .reshape([n, count(rows), rows.window, count(columns), columns.window, channels])
      .transpose(2, 3)
      .reshape([n, count(rows) * count(columns), rows.window * columns.window, channels]);
  });
}

/** The inverse of `partition`. */
export function merge(windows: Tensor, grid: WindowGrid): Tensor {
  const { rows, columns } = grid;
  const [n, , , channels] = windows.shape;
  return scope(() => {
    const moved = windows
      .reshape([n, count(rows), count(columns), rows.window, columns.window, channels])
      .transpose(2, 3)
      .reshape([n, rows.padded, columns.padded, channels]);
    const whole = shifted(grid) ? moved.roll([rows.shift, columns.shift], { dims: [1, 2] }) : moved;
    return whole.narrow(1, 0, rows.size).narrow(2, 0, columns.size);
  });
}

/**
 * Which pairs of tokens of a window must not see each other: those that the shift brought together from
 * opposite borders of the map, and padding beside the map's own tokens.
 * @returns [windows, 1, tokens, tokens], true where blocked, or null where nothing is.
 */
export function blockedPairs(grid: WindowGrid, device: Tensor['device']): Tensor | null {
  const { rows, columns } = grid;
  if (!shifted(grid) && missing(rows) + missing(columns) === 0) return null;
  return scope(() => {
    // What the token at each place is: 0 inside the map, 1 from the opposite border, 2 padding.
    const kinds = ({ size, shift, padded }: Side) =>
      Array.from({ length: padded }, (_, place) => {
        if ((place + shift) % padded >= size) return 2;
        return place + shift >= padded ? 1 : 0;
      });
    const byRow = tensor(kinds(rows), { device }).reshape([count(rows), 1, rows.window, 1]);
    const byColumn = tensor(kinds(columns), { device }).reshape([
      1,
      count(columns),
      1,
      columns.window,
    ]);
    const regions = byRow.mul(3).add(byColumn).flatten({ startDim: 2 }).flatten({ endDim: 1 });
    return regions.unsqueeze(1).ne(regions.unsqueeze(2)).unsqueeze(1);
  });
}

/**
 * For each pair of tokens of a square window, the row of the table of biases that their offset has:
 * [window^2, window^2], from query to key, offsets in reading order from (1 - window, 1 - window) on.
 */
export function relativePositionIndex(window: number): Tensor {
  const offsets = 2 * window - 1;
  const tokens = Array.from({ length: window ** 2 }, (_, i) => ({
    row: Math.floor(i / window),
    column: i % window,
  }));
  const index = tokens.flatMap((query) =>
    tokens.map(
      (key) =>
        (query.row - key.row + window - 1) * offsets + (query.column - key.column + window - 1),
    ),
  );
  return tensor(index, { shape: [window ** 2, window ** 2], dtype: 'int64' });
}
