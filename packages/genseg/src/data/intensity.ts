/** Counts the pixel values of a data set and makes the intensity part of the fingerprint of them. */
import type { Image } from './image/image.ts';
import type { Fingerprint } from './manifest.ts';

type Histogram = Float64Array; // counts by value

/** What is scaled to 0 and 1, so that a few extreme pixels do not decide it. */
export const lowShare = 0.005;
export const highShare = 0.995;

export class IntensityCounts {
  /** By number of channels: a histogram of each, of the 16-bit images. */
  readonly #histograms = new Map<number, Histogram[]>();

  add({ data, channels, bits }: Image): void {
    if (bits === 8) return; // always v / 255
    const of =
      this.#histograms.get(channels) ??
      Array.from({ length: channels }, () => new Float64Array(2 ** 16));
    this.#histograms.set(channels, of);
    for (let c = 0; c < channels; c++)
      for (let i = c; i < data.length; i += channels) of[c][data[i]]++;
  }

  /** Percentiles 0.5 and 99.5 of the 16-bit images, per channel. */
  summary(channels: number): Pick<Fingerprint['intensity'], 'low' | 'high'> {
    const counts = Array.from({ length: channels }, (_, c) => this.#channel(c, channels));
    const at = (share: number, without: number) =>
      counts.map((of) => (of.some((count) => count > 0) ? percentile(of, share) : without));
    return { low: at(lowShare, 0), high: at(highShare, 2 ** 16 - 1) };
  }

  /** Counts of one channel of the data set; gray images count for each. */
  #channel(c: number, channels: number): Histogram {
    const sum = new Float64Array(2 ** 16);
    for (const own of new Set([this.#histograms.get(channels)?.[c], this.#histograms.get(1)?.[0]]))
      own?.forEach((count, v) => {
        sum[v] += count;
      });
    return sum;
  }
}

/** The smallest value that at least `share` of the pixels do not exceed. */
export function percentile(counts: Histogram, share: number): number {
  const rank = share * counts.reduce((a, b) => a + b, 0);
  let seen = 0;
  return counts.findIndex((count) => {
    seen += count;
    return seen >= rank && seen > 0;
  });
}
