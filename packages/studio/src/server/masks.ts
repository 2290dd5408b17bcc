/**
 * Masks as class ids. The studio writes gray 8-bit PNGs whose values are the ids; masks of another coding (0 and
 * 255, colours, polygons) are read by what the inspection found, and written anew as ids before the first of the
 * project is changed, because all masks of a data set must speak one language.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, hasPngSignature } from 'fast-png';
import { type Inspection, loadCases, readImage, type Size } from 'genseg/data';
import { writeFileAtomic } from 'genseg/run';
import sharp from 'sharp';
import type { CaseRow } from '../api.ts';
import { RequestError } from './errors.ts';
import type { Mask } from './pictures.ts';

/** Whether a mask's values are class ids: of our own make, or by what was found. */
export function holdsIds(found: Inspection | null, classes: number): boolean {
  const coding = found?.manifest.coding;
  if (!coding) return true;
  return coding.kind === 'value' && coding.levels.every(({ code }) => code < classes);
}

/** Reads a case's mask, at the size of the image. @throws RequestError where it cannot be read. */
export async function readMask(
  root: string,
  row: CaseRow,
  { found, classes }: { found: Inspection | null; classes: number },
): Promise<Mask | null> {
  if (row.mask === null) return null;
  const path = join(root, row.mask);
  const known = found?.manifest.cases.find(({ images }) => images[0].path === row.image);
  if (known && found && known.masks[0]?.path === row.mask && !holdsIds(found, classes)) {
    const [{ mask, width, height }] = await loadCases([known], found.manifest).catch((cause) => {
      throw new RequestError(422, cause.message, { cause });
    });
    if (mask) return { ids: mask, width, height };
  }
  return parseMask(readFileSync(path), row.mask);
}

/** The ids of a PNG: gray or palette values, or the red channel of what a canvas exports. @throws RequestError */
export async function parseMask(bytes: Uint8Array, name: string, size?: Size): Promise<Mask> {
  const header = pngHeader(bytes, name);
  if (size && (header.width !== size.width || header.height !== size.height)) {
    throw new RequestError(
      422,
      `${name}: is ${header.width} x ${header.height} px where the image has ${size.width} x ${size.height}; save it at the size of the image`,
    );
  }
  if (header.depth !== 8) {
    throw new RequestError(415, `${name}: has ${header.depth} bits; save it with 8`);
  }
  try {
    const { data, channels } = header.palette ? decode(bytes) : await rasterOf(bytes);
    const { width, height } = header;
    const ids = new Uint8Array(width * height);
    for (let i = 0; i < ids.length; i++) ids[i] = data[i * channels];
    return { ids, width, height };
  } catch (cause) {
    throw new RequestError(422, `${name}: is damaged; save it again`, { cause });
  }
}

/** libspng unpacks no more than the header says; fast-png would, but it alone tells a palette's indices. */
async function rasterOf(bytes: Uint8Array): Promise<{ data: Uint8Array; channels: number }> {
  const { data, info } = await sharp(bytes, { limitInputPixels: 2 ** 26 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, channels: info.channels };
}

/** Read before anything is unpacked: a small file may claim to be a huge image. */
function pngHeader(bytes: Uint8Array, name: string): Size & { depth: number; palette: boolean } {
  if (bytes.length < 33 || !hasPngSignature(bytes)) {
    throw new RequestError(415, `${name}: is no PNG; save the mask as one`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [width, height, depth] = [view.getUint32(16), view.getUint32(20), view.getUint8(24)];
  const palette = view.getUint8(25) === 3; // PNG (ISO 15948) 11.2.1, colour type
  if (width * height <= 2 ** 26) return { width, height, depth, palette };
  throw new RequestError(413, `${name}: is ${width} x ${height} px, too large for a mask`);
}

/** Gray 8-bit PNG of ids. */
export const encodeIds = ({ ids, width, height }: Mask): Promise<Buffer> =>
  sharp(ids, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 6 })
    .toBuffer();

/** Pixels per class. @throws RequestError for an id that is no class. */
export function countIds({ ids }: Mask, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const id of ids) {
    if (id >= classes) {
      throw new RequestError(
        422,
        `The mask holds class ${id} where the project has ${classes}; add the class first`,
      );
    }
    counts[id]++;
  }
  return counts;
}

/** Stores a mask as masks/<id>.png. @returns pixels per class. */
export async function storeMask(
  root: string,
  id: string,
  { mask, classes }: { mask: Mask; classes: number },
): Promise<number[]> {
  const labels = countIds(mask, classes);
  writeFileAtomic(join(root, 'masks', `${id}.png`), await encodeIds(mask));
  return labels;
}

/** Upright size of a case's image. */
export async function sizeOf(root: string, { width, height, image }: CaseRow): Promise<Size> {
  if (width !== null && height !== null) return { width, height };
  const path = join(root, image);
  if (!existsSync(path)) throw new RequestError(404, `${image} is gone; reload the page`);
  return await readImage(path).catch((cause: Error) => {
    throw new RequestError(422, cause.message, { cause });
  });
}
