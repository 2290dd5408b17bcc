/** Reads volumes with their label volumes as 2-D pictures: axial slices, or the one picture of a 2-D file. */
import { encode } from 'fast-png';
import { DataError } from '../../errors.ts';
import type { DataFiles } from '../files.ts';
import { checkSize } from '../image/image.ts';
import { idsOf, merged } from './mask-classes.ts';
import { decodeNifti, type Volume } from './nifti.ts';
import type { MatchedCase, Reader } from './public-set.ts';

/** Which values become black and white. */
export type Grays =
  /** Values are gray levels from 0 to 255 already. */
  | 'stored'
  /** The 0.5th and the 99.5th percentile of the volume, as for MR, whose values have no unit. */
  | 'percentiles'
  /** Fixed values, as for CT, in Hounsfield units. */
  | readonly [black: number, white: number];

/** How a plane lies in a volume: which axes are its columns, rows and number, and which are turned over. */
interface Plane {
  readonly axes: readonly [column: number, row: number, slice: number];
  readonly flips: readonly [column: boolean, row: boolean];
}

/**
 * Slices of NIfTI volumes, as 8-bit PNG. Of a volume of several slices those that have a label are kept.
 * @param upright whether slices are axial and lie as radiologists look at them, the front at the top and the
 *   patient's right on the left; otherwise the first two axes are columns and rows, as stored.
 */
export function slices({ grays, upright }: { grays: Grays; upright: boolean }): Reader {
  return {
    atOnce: 1,
    async *read(one, { files, classes }) {
      const file = files.locate(one.image);
      const volume = await decodeNifti(await files.bytes(one.image), file);
      const labels = await labelsOf(one, volume, { files, classes });
      const plane = upright
        ? axial(volume, file)
        : ({ axes: [0, 1, 2], flips: [false, false] } as const);
      const [column, row] = plane.axes;
      const [width, height, count] = plane.axes.map((axis) => volume.shape[axis]);
      checkSize({ width, height }, file);
      const gray = grayOf(volume, grays, file);
      const digits = String(count - 1).length;
      for (let slice = 0; slice < count; slice++) {
        const voxels = voxelsOf(volume, plane, slice);
        const mask = labels && Uint8Array.from(voxels, (voxel) => labels[voxel]);
        if (count > 1 && !mask?.some((id) => id !== 0)) continue;
        const data = Uint8Array.from(voxels, (voxel) => gray(volume.stored[voxel]));
        yield {
          suffix: count > 1 ? `_slice${String(slice).padStart(digits, '0')}` : '',
          extension: '.png',
          bytes: encode({ data, width, height, channels: 1, depth: 8 }),
          width,
          height,
          mask,
          spacing: [volume.spacing[column], volume.spacing[row]],
        };
      }
    },
  };
}

/** The class id of every voxel. */
async function labelsOf(
  one: MatchedCase,
  { shape, directions }: Volume,
  { files, classes }: { files: DataFiles; classes: number },
): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  for (const { path } of one.masks) {
    const file = files.locate(path);
    const labels = await decodeNifti(await files.bytes(path), file);
    if (labels.shape.join() !== shape.join()) {
      throw new DataError(
        `${file}: is ${labels.shape.join(' x ')} voxels but its image is ${shape.join(' x ')}; copy both from the download again`,
      );
    }
    if (!labels.directions.every((way, axis) => leadsAlike(way, directions[axis]))) {
      throw new DataError(
        `${file}: its axes lead ${waysOf(labels)} where those of its image lead ${waysOf({ directions })}, so that their voxels do not lie on each other; copy both from the download again, or resample the labels onto the image`,
      );
    }
    parts.push(idsOf({ codes: valuesOf(labels), kind: 'value' }, classes, file));
  }
  return parts.length === 0 ? null : merged(parts);
}

type Direction = Volume['directions'][number];

/** Within 8 degrees: headers round, and hold rotations in float32. An axis of one voxel may have no length. */
function leadsAlike(a: Direction, b: Direction): boolean {
  const dot = a.reduce((sum, mm, i) => sum + mm * b[i], 0);
  return dot >= 0.99 * Math.hypot(...a) * Math.hypot(...b);
}

/** Of each axis where it leads in mm: `(1, 0, 0), (0, 1, 0), (0, 0, 1)`. */
const waysOf = ({ directions }: Pick<Volume, 'directions'>): string =>
  directions
    .map((way) => `(${way.map((mm) => Number(mm.toPrecision(2)) + 0).join(', ')})`)
    .join(', ');

const valuesOf = ({ stored, slope, intercept }: Volume): ArrayLike<number> =>
  slope === 1 && intercept === 0
    ? stored
    : Float64Array.from(stored, (value) => slope * value + intercept);

/** The axial plane of a volume whose axes lead along the patient's, in any order. */
function axial({ directions }: Volume, file: string): Plane {
  const along = directions.map((direction) => {
    const sizes = direction.map(Math.abs);
    return sizes.indexOf(Math.max(...sizes));
  });
  const [column, row, slice] = [0, 1, 2].map((way) => along.indexOf(way));
  if (Math.min(column, row, slice) < 0) {
    throw new DataError(
      `${file}: its axes do not lead right, front and up, so it has no axial slices; copy it from the download again`,
    );
  }
  // Columns lead to the patient's left, rows to the back.
  return { axes: [column, row, slice], flips: [directions[column][0] > 0, directions[row][1] > 0] };
}

/** Indices of a slice's voxels in the volume, `[H, W]` from the top. */
function voxelsOf({ shape }: Volume, { axes, flips }: Plane, slice: number): Uint32Array {
  const strides = [1, shape[0], shape[0] * shape[1]];
  const [column, row, across] = axes;
  const [width, height] = [shape[column], shape[row]];
  const voxels = new Uint32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const v = flips[1] ? height - 1 - y : y;
    for (let x = 0; x < width; x++, i++) {
      const u = flips[0] ? width - 1 - x : x;
      voxels[i] = u * strides[column] + v * strides[row] + slice * strides[across];
    }
  }
  return voxels;
}

/** From a stored number to a gray level, 0 to 255. */
function grayOf(volume: Volume, grays: Grays, file: string): (stored: number) => number {
  const { slope, intercept } = volume;
  const [black, white] =
    grays === 'stored' ? [0, 255] : grays === 'percentiles' ? percentiles(volume) : grays;
  return (stored) => {
    const value = slope * stored + intercept;
    const level = Math.round((255 * (value - black)) / (white - black));
    if (grays === 'stored' && !(level >= 0 && level <= 255)) {
      throw new DataError(
        `${file}: has the value ${value} where gray levels from 0 to 255 are expected; copy it from the download again`,
      );
    }
    return Math.min(255, Math.max(0, level || 0)); // NaN, outside a scan's field, is black
  };
}

/** The 0.5th and 99.5th percentile of a volume, from at most about a million of its voxels. */
function percentiles({ stored, slope, intercept }: Volume): [low: number, high: number] {
  const step = Math.ceil(stored.length / 2 ** 20);
  const values = Float64Array.from(
    { length: Math.ceil(stored.length / step) },
    (_, i) => slope * stored[i * step] + intercept,
  )
    .filter(Number.isFinite)
    .sort();
  const at = (share: number) => values[Math.round(share * (values.length - 1))];
  const [low, high] = [at(0.005), at(0.995)];
  return [low, high > low ? high : low + 1];
}
