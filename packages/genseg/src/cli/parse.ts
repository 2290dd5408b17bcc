/** Numbers that options hold as text. */
import { InvalidArgumentError } from '@commander-js/extra-typings';

/** A parser of whole numbers in digits, from `least` to `most`; of anything else it says what was `expected`. */
export const wholeNumber =
  (expected: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`expected ${expected}.`);
  };
