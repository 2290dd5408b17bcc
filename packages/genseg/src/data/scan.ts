/**
 * Opens every file of a data set once and keeps what is needed to judge it as a whole: hashes, sizes,
 * counts of mask codes, a thumbnail. A file that cannot be used becomes a problem, not an end.
 */
import { DataError } from '../errors.ts';
import { type Look, lookOf } from './duplicates.ts';
import type { DataFiles } from './files.ts';
import type { SourceImage } from './image/read.ts';
import { IntensityCounts } from './intensity.ts';
import type { DiscoveredCase } from './layout/discover.ts';
import { isPolygons } from './layout/names.ts';
import type { Problem } from './manifest.ts';
import { mapBounded } from './map-bounded.ts';
import { countCodes } from './mask/codes.ts';
import type { ObservedMask } from './mask/coding.ts';
import {
  fillShapes,
  fitsBothWays,
  readCaseImage,
  readCaseMask,
  readCaseShapes,
} from './read-case.ts';

/** A mask's codes, or the pixels per class that its polygons cover; null: unlabelled. */
export type ScannedMask =
  | ObservedMask
  | { readonly kind: 'polygons'; readonly pixels: number[] }
  | null;

export interface ScannedCase {
  readonly found: DiscoveredCase;
  readonly image: Omit<SourceImage, 'data'>;
  readonly look: Look;
  readonly mask: ScannedMask;
}

export interface Scan {
  readonly cases: readonly ScannedCase[];
  readonly problems: readonly Problem[];
  readonly intensity: IntensityCounts;
  /** Polygon labels in class order; empty for raster masks. */
  readonly labels: readonly string[];
}

/** Polygon labels that stand for no class. */
const noClass = /^_*(background|ignore)_*$/i;

const takenAsShown =
  'mask taken as drawn on the picture that EXIF turns (its size fits either way)';

/** Reads all cases; test cases do not count for intensities unless there are no others. */
export async function scan(
  files: DataFiles,
  found: readonly DiscoveredCase[],
  expectedLabels?: readonly string[],
): Promise<Scan> {
  const intensity = new IntensityCounts();
  const problems: Problem[] = [];
  const onlyTest = found.every(({ split }) => split === 'test');
  const labels = await polygonLabels(files, found, expectedLabels);
  const scanned = await mapBounded(found, async (one) => {
    try {
      const image = await readCaseImage(files, one.images);
      const mask = await scanMask(files, one, { image, labels });
      if (onlyTest || one.split !== 'test') intensity.add(image);
      const { data, ...properties } = image;
      const notes = mask && fitsBothWays(image) ? [...image.notes, takenAsShown] : image.notes;
      return { found: one, image: { ...properties, notes }, look: lookOf(image), mask };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      problems.push({ severity: 'error', kind: 'unusable', message: error.message });
      return undefined;
    }
  });
  problems.sort((a, b) => (a.message < b.message ? -1 : 1));
  return { cases: scanned.filter((one) => one !== undefined), problems, intensity, labels };
}

async function scanMask(
  files: DataFiles,
  { masks }: DiscoveredCase,
  { image, labels }: { image: SourceImage; labels: readonly string[] },
): Promise<ScannedMask> {
  if (masks.length === 0) return null;
  if (!isPolygons(masks[0].path)) {
    const mask = await readCaseMask(files, masks, image);
    const { kind, palette, lossy } = mask;
    return { kind, palette, lossy, counts: countCodes(mask) };
  }
  const shapes = await readCaseShapes(files, masks);
  const pixels = new Array<number>(labels.length + 1).fill(0);
  for (const id of fillShapes(shapes, { image, labels, file: files.locate(masks[0].path) }))
    if (id in pixels) pixels[id]++; // what has no label is in no class
  return { kind: 'polygons', pixels };
}

/** All labels of the data set's polygons, sorted; the expected ones where they cover these. */
async function polygonLabels(
  files: DataFiles,
  found: readonly DiscoveredCase[],
  expected: readonly string[] = [],
): Promise<readonly string[]> {
  const labels = new Set<string>();
  for (const { masks } of found) {
    if (!masks.some(({ path }) => isPolygons(path))) continue;
    // A file that cannot be read is reported when its case is scanned.
    const read = await readCaseShapes(files, masks).catch(() => undefined);
    for (const { label } of read?.shapes ?? []) if (!noClass.test(label)) labels.add(label);
  }
  const covered = [...labels].every((label) => expected.includes(label));
  return labels.size > 0 && covered ? expected : [...labels].sort();
}
