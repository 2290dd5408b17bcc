/** Paints by brightness: all pixels between two levels; and a level to begin with (Otsu 1979). */
import type { Mask } from './mask.ts';
import { clip, type Rect } from './rect.ts';

/**
 * Brightness of RGBA pixels, 0 to 255 (Rec. 601 weights).
 * @param rgba [height, width, 4]
 */
export function brightnessOf(rgba: Uint8ClampedArray | Uint8Array): Uint8Array {
  const brightness = new Uint8Array(rgba.length / 4);
  for (let i = 0, j = 0; i < brightness.length; i++, j += 4)
    brightness[i] = (rgba[j] * 299 + rgba[j + 1] * 587 + rgba[j + 2] * 114 + 500) / 1000;
  return brightness;
}

/**
 * Gives a class to all pixels of brightness `low` to `high`, both included.
 * @param keep whether pixels of another foreground class stay as they are
 */
export function applyThreshold(
  mask: Mask,
  brightness: Uint8Array,
  { classId, low, high, keep }: { classId: number; low: number; high: number; keep: boolean },
): Rect {
  const { pixels, width, height } = mask;
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (brightness[i] < low || brightness[i] > high) continue;
      if (pixels[i] === classId || (keep && pixels[i] !== 0)) continue;
      pixels[i] = classId;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  return clip({ left, top, right, bottom }, width, height);
}

/** The level that best parts dark from bright: it maximises the variance between the two (Otsu, eq. 18). */
export function otsuLevel(brightness: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const level of brightness) counts[level]++;
  const total = brightness.length;
  const sum = counts.reduce((all, count, level) => all + count * level, 0);
  let best = 0;
  let bestVariance = -1;
  let below = 0;
  let sumBelow = 0;
  for (let level = 0; level < 255; level++) {
    below += counts[level];
    sumBelow += counts[level] * level;
    if (below === 0 || below === total) continue;
    const difference = sumBelow / below - (sum - sumBelow) / (total - below);
    const variance = below * (total - below) * difference * difference;
    if (variance > bestVariance) {
      bestVariance = variance;
      best = level;
    }
  }
  return best;
}
