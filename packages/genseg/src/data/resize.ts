/**
 * Resampling between sizes. Images: separable triangle filter, widened when shrinking (bilinear with
 * antialiasing, as Pillow and torchvision do). Masks: nearest, by pixel centres. Both stretch to the
 * size asked for; the aspect ratio is not kept, as in the paper. Resizing back is the same function
 * with the sizes exchanged.
 */
import type { Size } from './image/image.ts';

/** Resizes planes `[C, H, W]` of any channel count. */
export function resizeImage(planes: Float32Array, from: Size, to: Size): Float32Array<ArrayBuffer> {
  if (from.width === to.width && from.height === to.height) return Float32Array.from(planes);
  const channels = planes.length / (from.width * from.height);
  const narrow = resample(planes, {
    rows: channels * from.height,
    taps: triangleTaps(from.width, to.width),
    inner: 1,
  });
  return resample(narrow, {
    rows: channels,
    taps: triangleTaps(from.height, to.height),
    inner: to.width,
  });
}

/** Resizes class ids `[H, W]`; never invents a class. */
export function resizeMask(mask: Uint8Array, from: Size, to: Size): Uint8Array<ArrayBuffer> {
  const columns = nearest(from.width, to.width);
  const out = new Uint8Array(to.width * to.height);
  let target = 0;
  for (const y of nearest(from.height, to.height)) {
    const row = y * from.width;
    for (const x of columns) out[target++] = mask[row + x];
  }
  return out;
}

/** For each target pixel the source pixel under its centre. */
function nearest(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to }, (_, i) => Math.floor(((i + 0.5) * from) / to));
}

/** Which source pixels make a target pixel, and with what weights. */
interface Taps {
  readonly from: number;
  readonly starts: Uint32Array;
  readonly weights: readonly Float64Array[];
}

function triangleTaps(from: number, to: number): Taps {
  const scale = from / to;
  const radius = Math.max(1, scale);
  const starts = new Uint32Array(to);
  const weights = Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.ceil(centre - radius - 0.5));
    const last = Math.min(from - 1, Math.floor(centre + radius - 0.5));
    starts[i] = first;
    const row = Float64Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / radius),
    );
    const sum = row.reduce((a, b) => a + b);
    return row.map((weight) => weight / sum);
  });
  return { from, starts, weights };
}

/** Resamples the middle axis of `[rows, from, inner]`. */
function resample(
  source: Float32Array,
  { rows, taps, inner }: { rows: number; taps: Taps; inner: number },
): Float32Array<ArrayBuffer> {
  const { from, starts, weights } = taps;
  const to = weights.length;
  const out = new Float32Array(rows * to * inner);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < to; i++) {
      const w = weights[i];
      const base = (row * from + starts[i]) * inner;
      const target = (row * to + i) * inner;
      for (let j = 0; j < inner; j++) {
        let sum = 0;
        for (let k = 0; k < w.length; k++) sum += w[k] * source[base + k * inner + j];
        out[target + j] = sum;
      }
    }
  }
  return out;
}
