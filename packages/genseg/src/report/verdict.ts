/** The rule by which one method is said to have helped beside another, in reports of runs and of suites alike. */

export type Kind = 'helped' | 'did not help' | 'cannot tell';

/** The largest p-value that counts as a difference. */
const level = 0.05;

export interface Paired {
  /** Of the paired difference, first minus second. */
  readonly ci95: readonly [low: number, high: number];
  /** Wilcoxon, corrected for all comparisons of the report. */
  readonly p: number;
  /** Fewer than ten patients: says so. */
  readonly caution?: string | undefined;
}

/** By the interval and the corrected test, which must agree; `did not help` means worse. */
export function kindOf({ ci95: [low, high], p, caution }: Paired): Kind {
  if (caution !== undefined || p >= level) return 'cannot tell';
  if (low > 0) return 'helped';
  return high < 0 ? 'did not help' : 'cannot tell';
}

/** Why it cannot be told. */
export function doubt({ ci95: [low, high], caution }: Paired): string {
  if (caution !== undefined) return caution;
  return low > 0 || high < 0
    ? `The interval leaves zero out, but the test does not agree (p is not below ${level}), so chance alone may explain it.`
    : 'The interval holds zero, so chance alone may explain it.';
}

/** Of the others the one that decides: strong augmentation where it took part, else the one with the highest Dice. */
export const rivalOf = <Other extends { readonly method: string; readonly dice: number }>(
  others: readonly Other[],
): Other | undefined =>
  others.find(({ method }) => method === 'augment') ??
  others.toSorted((a, b) => b.dice - a.dice)[0];
