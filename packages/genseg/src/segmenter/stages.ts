/**
 * Parts of a model with learning rates of their own. A part is named by its family (`encoder`) or by the
 * beginning of its parameters' names (`backbone.layer1`); one of rate 0 is frozen: its parameters have no
 * gradient, no optimiser state and no part in a hypergradient, and its batch normalisation stays as it
 * predicts.
 */
import { ConfigError } from '../errors.ts';
import type { Module } from '../nn/index.ts';
import type { Decision } from '../run/index.ts';
import type { Family } from './family.ts';

/** Multiples of the learning rate, by the name of a part; what is in none has 1. */
export type StageRates = Readonly<Record<string, number>>;

/** Reads `encoder=0.1`, which config and command line have checked. */
export const parseStageRates = (given: readonly string[]): StageRates =>
  Object.fromEntries(given.map((one) => [one.split('=')[0], Number(one.split('=')[1])]));

/** The beginnings of the parameter names of a part, without the dot that follows. */
const prefixesOf = ({ stages = {} }: Family, stage: string): readonly string[] =>
  stages[stage] ?? [stage];

const within = (name: string, prefix: string): boolean =>
  name === prefix || name.startsWith(`${prefix}.`);

/** The family with these rates. @throws ConfigError, when it builds, for a part that the model does not have. */
export function staged(family: Family, rates: StageRates): Family {
  const given = Object.entries(rates).flatMap(([stage, rate]) =>
    prefixesOf(family, stage).map((prefix) => ({ stage, prefix, rate })),
  );
  if (given.length === 0) return family;
  // The longest name wins, and one that was given itself over one that is in a part.
  const precise = ({ stage, prefix }: (typeof given)[number]) =>
    2 * prefix.length + Number(stage === prefix);
  given.sort((a, b) => precise(b) - precise(a));
  const rateOf = (name: string): number =>
    given.find(({ prefix }) => within(name, prefix))?.rate ?? 1;
  return {
    ...family,
    rateOf,
    build: (...options) => {
      const model = family.build(...options);
      const names = [...model.namedParameters().keys()];
      const unknown = given.find(
        ({ stage }) =>
          !given.some(
            (one) => one.stage === stage && names.some((name) => within(name, one.prefix)),
          ),
      );
      if (unknown) {
        model.dispose();
        throw new ConfigError(
          `--stage-lr ${unknown.stage}: ${family.name} has no such part; its parts are ${partsOf(family, names).join(', ')}`,
        );
      }
      model.freeze((name) => rateOf(name) === 0);
      return model;
    },
  };
}

/** By the family's own names, or else by those of its outermost modules. */
const partsOf = ({ stages }: Family, names: readonly string[]): string[] =>
  stages ? Object.keys(stages) : [...new Set(names.map((name) => name.split('.')[0]))];

/** Multiples of the learning rate in the order of `module.parameters()`. */
export function factorsOf({ rateOf = () => 1 }: Family, module: Module): number[] {
  const names = new Map([...module.namedParameters()].map(([name, slot]) => [slot, name]));
  return module.parameters().map((slot) => rateOf(names.get(slot)!));
}

export const stageDecisions = (family: Family, rates: StageRates): Decision[] =>
  Object.entries(rates).map(([stage, rate]) => ({
    name: `learning rate of ${stage}`,
    value: rate === 0 ? 'frozen' : `${rate} of the others`,
    reason: `as asked, for ${prefixesOf(family, stage)
      .map((prefix) => `${prefix}.*`)
      .join(', ')}`,
  }));
