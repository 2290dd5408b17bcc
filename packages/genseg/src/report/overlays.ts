/** Which overlays are worth a look, and what their files are called. */
import type { CaseResult } from './set-result.ts';

/** A text as a part of a file's name: what none may hold as %hex. */
export const inFileName = (text: string): string =>
  text.replaceAll(/[^\p{L}\p{N} ._-]/gu, (sign) => `%${sign.codePointAt(0)!.toString(16)}`);

/** The file of a case in eval/<set>/overlays/. */
export const overlayFile = (id: string): string => `${inFileName(id)}.png`;

/** The cases with the lowest Dice, worst first, and with the highest, best first; none is in both. */
export function extremes(
  cases: readonly CaseResult[],
  count: number,
): { worst: CaseResult[]; best: CaseResult[] } {
  const scored = cases
    .filter(({ dice }) => !Number.isNaN(dice))
    .toSorted((a, b) => a.dice - b.dice);
  const worst = scored.slice(0, count);
  return { worst, best: scored.slice(worst.length).slice(-count).reverse() };
}
