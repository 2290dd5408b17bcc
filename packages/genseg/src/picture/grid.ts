/** Pictures of one size set in rows and columns, with a caption above each column. */
import { DataError } from '../errors.ts';
import { letterWidth, lineHeight, textDots } from './font.ts';
import {
  type ImagePlanes,
  type MaskPlane,
  type Picture,
  paintImage,
  paintMask,
  picture,
} from './paint.ts';

/** Something that a place of the grid can show. */
export type Tile = Picture | ImagePlanes | MaskPlane;

export interface GridOptions {
  /** One caption per column, of letters, digits, `.` and `-`. */
  readonly labels?: readonly string[];
  /** Pixels between tiles and around them. */
  readonly gap?: number;
}

const ground = 24;
const ink = 200;

/** @param tiles rows from the top, each from the left; a short row leaves its end empty. */
export function grid(
  tiles: readonly (readonly Tile[])[],
  { labels = [], gap = 4 }: GridOptions = {},
): Picture {
  const rows = tiles.map((row) => row.map(paint));
  const { width, height } = sizeOf(rows.flat());
  const columns = Math.max(...rows.map((row) => row.length));
  const longest = Math.max(1, ...labels.map((label) => label.length));
  const scale = Math.min(3, Math.max(1, Math.floor(width / (letterWidth * longest))));
  const head = labels.length > 0 ? scale * lineHeight : 0;
  const full = {
    width: gap + columns * (width + gap),
    height: gap + head + rows.length * (height + gap),
  };
  const data = new Uint8Array(3 * full.width * full.height).fill(ground);

  const left = (column: number) => gap + column * (width + gap);
  for (const [r, row] of rows.entries()) {
    const top = gap + head + r * (height + gap);
    for (const [c, tile] of row.entries()) {
      for (let y = 0; y < height; y++) {
        const line = tile.data.subarray(3 * y * width, 3 * (y + 1) * width);
        data.set(line, 3 * ((top + y) * full.width + left(c)));
      }
    }
  }
  for (const [c, label] of labels.slice(0, columns).entries()) {
    for (const dot of textDots(label)) {
      if (scale * (dot.x + 1) > width) continue; // a caption ends with its column
      for (let dy = 0; dy < scale; dy++) {
        const at = 3 * ((gap + scale * dot.y + dy) * full.width + left(c) + scale * dot.x);
        data.fill(ink, at, at + 3 * scale);
      }
    }
  }
  return picture(data, full);
}

function paint(tile: Tile): Picture {
  if ('data' in tile) return tile;
  return 'image' in tile ? paintImage(tile) : paintMask(tile);
}

function sizeOf(tiles: readonly Picture[]) {
  if (tiles.length === 0) throw new DataError('a grid needs at least one picture');
  const [{ width, height }] = tiles;
  const other = tiles.find((tile) => tile.width !== width || tile.height !== height);
  if (!other) return { width, height };
  throw new DataError(
    `a grid needs pictures of one size, got ${width} x ${height} and ${other.width} x ` +
      `${other.height} px; resize them first`,
  );
}
