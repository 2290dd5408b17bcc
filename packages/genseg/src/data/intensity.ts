/** Counts the pixel values of a data set and makes the intensity part of the fingerprint of them. */
import type { Image } from './image/image.ts';
import type { Fingerprint } from './manifest.ts';

type Histogram = Float64Array; // counts by value

const lowShare = 0.005;
const highShare = 0.995;

export class IntensityCounts {
  /** By number of channels, then bits: a histogram per channel. */
  readonly #histograms = new Map<string, { channels: number; bits: 8 | 16; counts: Histogram[] }>();

  add({ data, channels, bits }: Image): void {
    const key = `${channels} ${bits}`;
    const of = this.#histograms.get(key) ?? {
      channels,
      bits,
      counts: Array.from({ length: channels }, () => new Float64Array(2 ** bits)),
    };
    this.#histograms.set(key, of);
    for (let c = 0; c < channels; c++) {
      const counts = of.counts[c];
      for (let i = c; i < data.length; i += channels) counts[data[i]]++;
    }
  }

  /** Percentiles 0.5 and 99.5 of the 16-bit images, mean and standard deviation of all; per channel. */
  summary(channels: number): Fingerprint['intensity'] {
    const summaries = Array.from({ length: channels }, (_, c) => {
      const wide = this.#channel(c, { channels, bits: 16 });
      const total = wide.reduce((a, b) => a + b, 0);
      const [low, high] =
        total > 0
          ? [percentile(wide, lowShare * total), percentile(wide, highShare * total)]
          : [0, 65535];
      const byte = this.#channel(c, { channels, bits: 8 });
      return { low, high, ...moments([byte, 0, 255], [wide, low, high]) };
    });
    const pick = (key: 'low' | 'high' | 'mean' | 'std') => summaries.map((summary) => summary[key]);
    return { low: pick('low'), high: pick('high'), mean: pick('mean'), std: pick('std') };
  }

  /** Counts of one channel of the data set; gray images count for each. */
  #channel(c: number, { channels, bits }: { channels: number; bits: 8 | 16 }): Histogram {
    const sum = new Float64Array(2 ** bits);
    for (const of of this.#histograms.values()) {
      if (of.bits !== bits || (of.channels !== channels && of.channels !== 1)) continue;
      const counts = of.counts[of.channels === 1 ? 0 : c];
      for (let v = 0; v < sum.length; v++) sum[v] += counts[v];
    }
    return sum;
  }
}

/** The smallest value that at least `rank` pixels do not exceed. */
function percentile(counts: Histogram, rank: number): number {
  let seen = 0;
  return counts.findIndex((count) => {
    seen += count;
    return seen >= rank && seen > 0;
  });
}

/** Mean and standard deviation over histograms, each scaled from low..high to 0..1 and clipped. */
function moments(...parts: [counts: Histogram, low: number, high: number][]) {
  let [n, sum, squares] = [0, 0, 0];
  for (const [counts, low, high] of parts) {
    for (let v = 0; v < counts.length; v++) {
      const scaled = Math.min(1, Math.max(0, (v - low) / (high - low || 1)));
      n += counts[v];
      sum += counts[v] * scaled;
      squares += counts[v] * scaled ** 2;
    }
  }
  const mean = n > 0 ? sum / n : 0;
  return { mean, std: n > 0 ? Math.sqrt(Math.max(0, squares / n - mean ** 2)) : 1 };
}
