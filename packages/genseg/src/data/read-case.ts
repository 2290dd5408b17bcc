/**
 * Reads the files of one case: channel files stacked to one image, mask files merged to one mask of
 * the image's size and orientation.
 */
import { ignoredClass } from '../classes.ts';
import { DataError } from '../errors.ts';
import type { DataFiles } from './files.ts';
import { type Size, upright } from './image/image.ts';
import { decodeImage, type ReadOptions, readImage, type SourceImage } from './image/read.ts';
import { isPolygons } from './layout/names.ts';
import type { FoundMask } from './layout/tree.ts';
import { decodeMask, type MaskCodes, union } from './mask/codes.ts';
import { parseAnnotation } from './polygons/parse.ts';
import { rasterise, type Shape } from './polygons/rasterise.ts';

/** Reads and stacks the image files of a case. @throws DataError */
export async function readCaseImage(
  files: DataFiles,
  paths: readonly string[],
): Promise<SourceImage> {
  const parts: SourceImage[] = [];
  for (const path of paths)
    parts.push(await decodeImage(await files.bytes(path), files.locate(path)));
  return alike(
    parts,
    paths.map((path) => files.locate(path)),
  );
}

/**
 * Reads an image that is in no data set, upright and of 8 or 16 bits as stored.
 * @param paths its files, one or more, in the order of their channels, which are stacked.
 * @returns rows from the top, channels interleaved, [height, width, channels].
 * @throws DataError where a file cannot be read as an image, or they differ in size or bits.
 */
export async function readImageFiles(
  paths: readonly string[],
  options: ReadOptions = {},
): Promise<SourceImage> {
  const parts: SourceImage[] = [];
  for (const path of paths) parts.push(await readImage(path, options));
  return alike(parts, paths);
}

/** One image of the channels of all, which must be alike. */
function alike(parts: readonly SourceImage[], paths: readonly string[]): SourceImage {
  const [first] = parts;
  if (parts.length === 1) return first;
  parts.forEach((part, i) => {
    if (!sameSize(part, first) || part.bits !== first.bits) {
      throw new DataError(
        `${paths[i]}: is ${describe(part)}, ${part.bits} bits where ${paths[0]} is ${describe(first)}, ${first.bits} bits; save all channels alike`,
      );
    }
  });
  return stack(parts);
}

function stack(parts: readonly SourceImage[]): SourceImage {
  const [first] = parts;
  const channels = parts.reduce((sum, part) => sum + part.channels, 0);
  const pixels = first.width * first.height;
  const data =
    first.bits === 16 ? new Uint16Array(pixels * channels) : new Uint8Array(pixels * channels);
  let offset = 0;
  for (const part of parts) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < part.channels; c++) {
        data[pixel * channels + offset + c] = part.data[pixel * part.channels + c];
      }
    }
    offset += part.channels;
  }
  return { ...first, data, channels, notes: [...new Set(parts.flatMap((part) => part.notes))] };
}

/** Reads and merges the raster mask files of a case. @throws DataError */
export async function readCaseMask(
  files: DataFiles,
  masks: readonly FoundMask[],
  image: SourceImage,
): Promise<MaskCodes> {
  const parts: MaskCodes[] = [];
  for (const { path } of masks) {
    if (isPolygons(path)) {
      throw new DataError(
        `${files.locate(path)}: polygons beside raster masks; use one kind for the whole data set`,
      );
    }
    const file = files.locate(path);
    const mask = await decodeMask(await files.bytes(path), file);
    const drawn = { data: mask.codes, ...sizeOf(mask) };
    const shown = mask.orientation === 1 ? asShown(drawn, image) : drawn;
    checkSameSize(shown, image, file);
    parts.push({ ...mask, codes: shown.data, ...sizeOf(shown) });
  }
  return union(parts);
}

/** The polygons of a case. @throws DataError */
export async function readCaseShapes(
  files: DataFiles,
  masks: readonly FoundMask[],
): Promise<{ shapes: readonly Shape[]; size?: Size }> {
  const parts = [];
  for (const { path, entry } of masks) {
    if (!isPolygons(path)) {
      throw new DataError(
        `${files.locate(path)}: a raster mask beside polygons; use one kind for the whole data set`,
      );
    }
    parts.push(parseAnnotation(await files.json(path), files.locate(path), entry));
  }
  return { shapes: parts.flatMap((part) => part.shapes), size: parts[0]?.size };
}

/** Polygons of this label say where there is none. */
const ignoreLabel = /^_*ignore_*$/i;

/** Fills the polygons of a case into class ids of its image's size; label i is class i + 1. */
export function fillShapes(
  { shapes, size = undefined }: { shapes: readonly Shape[]; size?: Size },
  { image, labels, file }: { image: SourceImage; labels: readonly string[]; file: string },
): Uint8Array<ArrayBuffer> {
  const drawn = size ?? sizeOf(image);
  const mask = rasterise(shapes, drawn, (label) =>
    ignoreLabel.test(label) ? ignoredClass : labels.indexOf(label) + 1,
  );
  const shown = asShown({ data: mask, ...drawn }, image);
  checkSameSize(shown, image, file);
  return shown.data;
}

/** Whether sizes do not tell if a mask was drawn on an image as stored or as EXIF turns it. */
export const fitsBothWays = (image: Omit<SourceImage, 'data'>) =>
  image.orientation > 1 && sameSize(image, storedSize(image));

/** Drawing tools show images upright; only a size tells that one did not: then the mask turns as the image did. */
function asShown<T extends Uint8Array | Uint16Array | Uint32Array>(
  drawn: Size & { readonly data: T },
  image: SourceImage,
): Size & { readonly data: T } {
  const turns = !sameSize(drawn, image) && sameSize(drawn, storedSize(image));
  return turns ? upright({ ...drawn, channels: 1 }, image.orientation) : drawn;
}

const sizeOf = ({ width, height }: Size): Size => ({ width, height });
const sameSize = (a: Size, b: Size) => a.width === b.width && a.height === b.height;
const describe = ({ width, height }: Size) => `${width} x ${height} px`;

/** The size before EXIF rotation. */
const storedSize = ({ width, height, orientation }: Omit<SourceImage, 'data'>): Size =>
  orientation >= 5 ? { width: height, height: width } : { width, height };

function checkSameSize(mask: Size, image: Size, file: string): void {
  if (sameSize(mask, image)) return;
  throw new DataError(
    `${file}: the mask is ${describe(mask)} but its image is ${describe(image)}; export the mask at the image's size`,
  );
}
