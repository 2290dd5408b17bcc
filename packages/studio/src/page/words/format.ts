/** Numbers, times and sizes as people read them. */

/** Dice and its like: two decimals, a dash where there is nothing to score. */
export const score = (value: number | null | undefined): string =>
  value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(2);

/** `0.91 (0.88 to 0.94)` */
export const withInterval = (
  value: number | null,
  [low, high]: readonly (number | null)[],
): string =>
  low === null || high === null || low === undefined || high === undefined
    ? score(value)
    : `${score(value)} (${score(low)} to ${score(high)})`;

/** How long something takes, to the unit that matters: `40 seconds`, `3 minutes`, `1 h 20 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return 'an unknown time';
  if (seconds < 59.5) return plural(Math.max(1, Math.round(seconds)), 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return plural(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours >= 24) return `${plural(Math.floor(hours / 24), 'day')} ${hours % 24} h`;
  return rest === 0 ? plural(hours, 'hour') : `${hours} h ${rest} min`;
}

/** `1 image`, `3 images`; `many` for words that do not just add an s. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units, as file managers show them. */
export function bytes(count: number): string {
  let [value, unit] = [count, 0];
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A share as whole percents, but never 0 % or 100 % of what is neither none nor all. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return 'under 1 %';
  if (share < 1 && share > 0.99) return 'over 99 %';
  return `${Math.round(share * 100)} %`;
}

/** mm² with three significant figures. */
export const area = (mm2: number): string =>
  `${Number(mm2.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 })} mm²`;

/** a, b and c */
export const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

/** Local date and time, to the minute. */
export const moment = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
