/** Loads a case of a manifest for training or evaluation: image in 0..1, mask as class ids. */
import { DataError } from '../errors.ts';
import { DataFiles } from './files.ts';
import type { Size } from './image/image.ts';
import type { Case, Fingerprint, Manifest } from './manifest.ts';
import { mapBounded } from './map-bounded.ts';
import { toClasses } from './mask/coding.ts';
import { scaled } from './planes.ts';
import { fillShapes, readCaseImage, readCaseMask, readCaseShapes } from './read-case.ts';
import { resizeImage, resizeMask } from './resize.ts';

export interface Sample extends Size {
  readonly id: string;
  /** `[C, H, W]`, 0..1. */
  readonly image: Float32Array<ArrayBuffer>;
  /** Class ids `[H, W]`; null: unlabelled. */
  readonly mask: Uint8Array<ArrayBuffer> | null;
}

/**
 * Loads cases at `size` (default: as stored, upright).
 * @param fingerprint what the images are scaled by: that of the training data, also for test sets.
 * @throws DataError also where a file is no longer the one the manifest describes.
 */
export async function loadCases(
  cases: readonly Case[],
  manifest: Manifest,
  {
    size = undefined,
    fingerprint = manifest.fingerprint,
  }: { size?: Size; fingerprint?: Fingerprint } = {},
): Promise<Sample[]> {
  const files = new DataFiles(manifest.root);
  return mapBounded(cases, async (one) => {
    const sample = await load(one, manifest, { files, fingerprint });
    return size ? resizeSample(sample, size) : sample;
  });
}

async function load(
  one: Case,
  { coding }: Manifest,
  { files, fingerprint }: { files: DataFiles; fingerprint: Fingerprint },
): Promise<Sample> {
  const file = files.locate(one.images[0].path);
  const image = await readCaseImage(
    files,
    one.images.map(({ path }) => path),
  );
  let mask: Uint8Array<ArrayBuffer> | null = null;
  if (one.masks.length > 0 && coding?.kind === 'polygons') {
    const shapes = await readCaseShapes(files, one.masks);
    mask = fillShapes(shapes, {
      image,
      labels: coding.labels,
      file: files.locate(one.masks[0].path),
    });
  } else if (one.masks.length > 0 && coding && coding.kind !== 'polygons') {
    mask = toClasses(await readCaseMask(files, one.masks, image), coding);
  }
  for (const { path, sha256 } of [...one.images, ...one.masks]) {
    if (files.sha256(path) === sha256) continue;
    throw new DataError(
      `${files.locate(path)}: has changed since the data set was inspected; start a new run, or put the old file back`,
    );
  }
  const { width, height } = image;
  return { id: one.id, width, height, image: scaled(image, fingerprint, file), mask };
}

function resizeSample(sample: Sample, size: Size): Sample {
  return {
    id: sample.id,
    width: size.width,
    height: size.height,
    image: resizeImage(sample.image, sample, size),
    mask: sample.mask && resizeMask(sample.mask, sample, size),
  };
}
