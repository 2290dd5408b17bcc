/** Numbers as people read them. What is not known (NaN, null from JSON) is a dash. */

const unknown = '–';

const isKnown = (value: number | null): value is number => value !== null && Number.isFinite(value);

/** With a fixed number of decimals: 0.931. */
export const fixed = (value: number | null, decimals = 3): string =>
  isKnown(value) ? value.toFixed(decimals) : unknown;

/** With its sign, a true minus: +0.012, −0.003. */
export const signed = (value: number | null, decimals = 3): string =>
  isKnown(value) ? `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(decimals)}` : unknown;

/** With three significant digits: 0.213, 12.3, 4e-5. */
export function short(value: number | null): string {
  if (!isKnown(value)) return unknown;
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) {
    return value.toExponential(1).replace('e+', 'e').replace('.0e', 'e');
  }
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

export const pValue = (p: number): string =>
  p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`;

/** 42 s, 3 min 12 s, 2 h 5 min. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return `${h} h ${min} min`;
  return min > 0 ? `${min} min ${s} s` : `${s} s`;
}

/** 1 case, 2 cases. */
export const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
