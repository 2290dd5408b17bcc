/** Models that can be used, the newest and most capable first. */
import type { MethodName, ModelRef, Round } from '../../api.ts';

const order: readonly MethodName[] = ['genseg', 'separate', 'augment', 'plain'];

/** Every model of every round; of one round GenSeg's first. */
export function models(rounds: readonly Round[]): ModelRef[] {
  return rounds.flatMap(({ name, runs }) =>
    runs
      .filter(({ model }) => model)
      .map(({ method }) => method)
      .sort((a, b) => order.indexOf(a) - order.indexOf(b))
      .map((method) => ({ round: name, method })),
  );
}

export const newestModel = (rounds: readonly Round[]): ModelRef | null => models(rounds)[0] ?? null;
