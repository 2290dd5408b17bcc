/**
 * Finds images that are in a data set twice: pixel for pixel, or the same picture re-encoded, rescaled
 * or brightened. The perceptual hash is a 16 x 16 thumbnail, compared by correlation: on 71 chest
 * X-rays and 241 micrographs different pictures stay below 0.90 and copies (JPEG 20, halved, blurred,
 * brightened) above 0.99, where a 64-bit difference hash has X-rays 4 bits apart and copies 22.
 */
import { sha256 } from './files.ts';
import type { Image } from './image/image.ts';
import type { Case } from './manifest.ts';
import { resizeImage } from './resize.ts';

/** What is kept of an image for comparison. */
export interface Look {
  /** SHA-256 of size and pixels. */
  readonly exact: string;
  /** 16 x 16 gray, mean 0 and length 1 (all 0 where the picture is flat). */
  readonly thumbnail: Float32Array;
}

export interface Duplicate {
  /** Ids of the two cases, in order. */
  readonly cases: readonly [string, string];
  readonly kind: 'exact' | 'near';
  /** What it makes unfair: the two lie in different splits, or belong to different patients. */
  readonly crosses: readonly ('splits' | 'patients')[];
}

const thumbnailSize = { width: 16, height: 16 };
const minCorrelation = 0.97;

/** Summarises an image for comparison. */
export function lookOf(image: Image): Look {
  const { data, width, height, channels } = image;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    exact: sha256(`${width} ${height} ${channels}`, bytes),
    thumbnail: standardised(resizeImage(gray(image), image, thumbnailSize)),
  };
}

/** All pairs of duplicates; of n exact copies the n - 1 pairs with the first. */
export function findDuplicates(
  cases: readonly Pick<Case, 'id' | 'split' | 'patient'>[],
  looks: readonly Look[],
): Duplicate[] {
  const duplicates: Duplicate[] = [];
  for (let j = 1; j < cases.length; j++) {
    for (let i = 0; i < j; i++) {
      const exact = looks[i].exact === looks[j].exact;
      if (!exact && !isNear(looks[i], looks[j])) continue;
      const [a, b] = [cases[i], cases[j]];
      const crosses: Duplicate['crosses'][number][] = [];
      if (a.split !== b.split) crosses.push('splits');
      if (a.patient !== b.patient) crosses.push('patients');
      duplicates.push({ cases: [a.id, b.id], kind: exact ? 'exact' : 'near', crosses });
      if (exact) break;
    }
  }
  return duplicates;
}

/** Of thumbnails that correlate by c the squared distance is 2 - 2 c; most pairs are too far apart after a row or two. */
function isNear({ thumbnail: a }: Look, { thumbnail: b }: Look): boolean {
  let distance = 0;
  for (let i = 0; i < a.length; i++) {
    distance += (a[i] - b[i]) ** 2;
    if (i % 16 === 15 && distance > 2 - 2 * minCorrelation) return false;
  }
  return a.some((value) => value !== 0); // flat pictures have nothing to compare
}

/** The sum over channels, `[H, W]`. */
function gray({ data, width, height, channels }: Image): Float32Array {
  const plane = new Float32Array(width * height);
  for (let i = 0; i < data.length; i += channels) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[i + c];
    plane[i / channels] = sum;
  }
  return plane;
}

function standardised(values: Float32Array): Float32Array {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const norm = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0));
  return values.map((v) => (norm > 1 ? (v - mean) / norm : 0));
}
