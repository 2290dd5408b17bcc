/** From stored pixels to the numbers a network sees: planes `[C, H, W]`, scaled to 0..1. */
import { DataError } from '../errors.ts';
import { cropImage } from './image/crop.ts';
import type { Image } from './image/image.ts';
import { highShare, lowShare, percentile } from './intensity.ts';
import type { Fingerprint } from './manifest.ts';

/** Channel planes `[C, H, W]` of the pixel values as they are. */
export function toPlanes({ data, width, height, channels }: Image): Float32Array<ArrayBuffer> {
  const pixels = width * height;
  const planes = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) planes[c * pixels + i] = data[i * channels + c];
  }
  return planes;
}

/**
 * An image as the training data's fingerprint wants it: `[C, H, W]` in 0..1, clipped. Per image: from the
 * 0.5th percentile of its values to the 99.5th, of all channels together, so that hues stay. Per data set:
 * 8 bits v / 255, 16 bits from the data set's low to its high. Gray is repeated where colour is expected;
 * colour becomes luminance (ITU-R BT.601) where gray is. `file` is only for messages.
 *
 * @param range of the image that this is a part of, by `intensityRange`; by default its own. @throws DataError
 */
export function scaled(
  image: Image,
  fingerprint: Pick<Fingerprint, 'channels' | 'intensity'>,
  file: string,
  range: IntensityRange | null = intensityRange(image, fingerprint, file),
): Float32Array<ArrayBuffer> {
  const { channels, intensity } = fingerprint;
  const pixels = image.width * image.height;
  const planes = asTrained(image, channels, file);
  for (let c = 0; c < channels; c++) {
    const [low, high] =
      range ?? (image.bits === 16 ? [intensity.low[c], intensity.high[c]] : [0, 255]);
    const span = high - low || 1;
    for (let i = c * pixels; i < (c + 1) * pixels; i++) {
      planes[i] = Math.min(1, Math.max(0, (planes[i] - low) / span));
    }
  }
  return planes;
}

/** Pixel values that become 0 and 1. */
export type IntensityRange = readonly [low: number, high: number];

/** Percentiles 0.5 and 99.5 of an image's values, to the nearest whole one; null where the data set's count. @throws DataError */
export function intensityRange(
  image: Image,
  { channels, intensity }: Pick<Fingerprint, 'channels' | 'intensity'>,
  file: string,
): IntensityRange | null {
  if (intensity.per === 'dataset') return null;
  const counts = new Float64Array(2 ** image.bits);
  for (const values of valuesOf(image, channels, file))
    for (let i = 0; i < values.length; i++) counts[Math.round(values[i])]++;
  return [percentile(counts, lowShare), percentile(counts, highShare)];
}

/** Rows that are converted at a time, so that a large image needs no second copy. */
const band = 256;

/** All values of all channels, in any order. */
function* valuesOf(image: Image, channels: number, file: string): Iterable<ArrayLike<number>> {
  if (image.channels === channels) return yield image.data;
  for (let y = 0; y < image.height; y += band) {
    const height = Math.min(band, image.height - y);
    const rows = cropImage(image, { x: 0, y, width: image.width, height });
    yield asTrained(rows, channels, file);
  }
}

function asTrained(image: Image, channels: number, file: string): Float32Array<ArrayBuffer> {
  const planes = withChannels(toPlanes(image), image.width * image.height, channels);
  if (planes) return planes;
  throw new DataError(
    `${file}: has ${image.channels} channels where the training images have ${channels}; give images of the same kind`,
  );
}

function withChannels(
  planes: Float32Array<ArrayBuffer>,
  pixels: number,
  channels: number,
): Float32Array<ArrayBuffer> | undefined {
  const own = planes.length / pixels;
  if (own === channels) return planes;
  if (own === 1 && channels === 3) {
    const repeated = new Float32Array(3 * pixels);
    for (let c = 0; c < 3; c++) repeated.set(planes, c * pixels);
    return repeated;
  }
  if (own === 3 && channels === 1) {
    const [r, g, b] = [0, 1, 2].map((c) => planes.subarray(c * pixels, (c + 1) * pixels));
    return r.map((red, i) => 0.299 * red + 0.587 * g[i] + 0.114 * b[i]);
  }
  return undefined;
}
