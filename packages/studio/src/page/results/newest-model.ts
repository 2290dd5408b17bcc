/**
 * Models that can be used: the newest round's first, of one round the one that did best on its validation images.
 * Test images have no say in the choice, or their scores would say too much.
 */
import type { MethodName, ModelRef, Round } from '../../api.ts';

export interface Model extends ModelRef {
  /** Mean Dice on the validation images; null where it is not known. */
  readonly validationDice: number | null;
}

/** Among equals. */
const order: readonly MethodName[] = ['genseg', 'separate', 'augment', 'plain'];

/** @param rounds the newest first */
export function models(rounds: readonly Round[]): Model[] {
  return rounds.flatMap(({ name, runs }) =>
    runs
      .filter(({ model }) => model)
      .sort(
        (a, b) =>
          (b.validationDice ?? 0) - (a.validationDice ?? 0) ||
          order.indexOf(a.method) - order.indexOf(b.method),
      )
      .map(({ method, validationDice }) => ({ round: name, method, validationDice })),
  );
}

export const newestModel = (rounds: readonly Round[]): Model | null => models(rounds)[0] ?? null;
