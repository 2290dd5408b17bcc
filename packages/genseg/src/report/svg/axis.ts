/** Scales of charts: from values to pixels, and the round values that are written at an axis. */

import { short } from '../format.ts';

export type Domain = readonly [low: number, high: number];

/** The smallest interval that holds all finite values; [0, 1] of none. */
export function extent(values: readonly number[]): Domain {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  return finite.reduce<Domain>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [finite[0], finite[0]],
  );
}

/** From values to pixels. */
export const linear =
  ([low, high]: Domain, [from, to]: Domain) =>
  (value: number): number =>
    from + ((value - low) / (high - low || 1)) * (to - from);

/** What an axis covers, and the round values written at it. */
export interface Axis {
  readonly domain: Domain;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** An axis of about `count` ticks that covers exactly the domain. */
export const exactAxis = (domain: Domain, count: number): Axis => ({
  domain,
  ticks: multiples(domain, tickStep(domain, count)),
});

/** An axis of about `count` ticks that covers the domain and begins and ends at a tick. */
export function roundAxis([low, high]: Domain, count: number): Axis {
  const step = tickStep([low, high], count);
  const wide: Domain =
    low === high
      ? [low < 0 ? low - step : Math.max(0, low - step), high + step]
      : [Math.floor(low / step + tiny) * step, Math.ceil(high / step - tiny) * step];
  const ticks = multiples(wide, step);
  return { domain: [ticks[0].value, ticks.at(-1)!.value], ticks };
}

/** 1, 2 or 5 times a power of ten. */
function tickStep([low, high]: Domain, count: number): number {
  const rough = (high - low || Math.abs(high) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!;
}

/** All with the decimals that tell neighbours apart. */
function multiples([low, high]: Domain, step: number): Axis['ticks'] {
  const [first, last] = [Math.ceil(low / step - tiny), Math.floor(high / step + tiny)];
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + tiny));
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = Number(((first + i) * step).toFixed(decimals));
    const plain = decimals <= 4 && Math.abs(value) < 1e5;
    return { value, label: plain ? value.toFixed(decimals).replace('-', '−') : short(value) };
  });
}

/** Against rounding in divisions. */
const tiny = 1e-9;
