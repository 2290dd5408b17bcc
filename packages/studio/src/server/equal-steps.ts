/**
 * How a round with a time stays a fair comparison. The same time for each method would give each another number of
 * segmentation steps; so the costliest method goes first and takes as many as fit, and the others take as many.
 */
import { existsSync, readFileSync } from 'node:fs';
import { runPaths } from 'genseg/run';
import type { MethodName, TrainingOptions } from '../api.ts';
import { methodSchema, type RunPlace } from './round-files.ts';

/** The order of training: the costliest first. */
export const inTurn = (methods: readonly MethodName[]): MethodName[] =>
  methodSchema.options.filter((method) => methods.includes(method)).reverse();

/** What was asked for, but with the steps that a run has settled on instead of the time. @param runs in their turn. */
export function equalSteps(asked: TrainingOptions, runs: readonly RunPlace[]): TrainingOptions {
  if (asked.budget === null) return asked;
  const settled = runs.map(({ folder }) => runPaths(folder).plan).find((plan) => existsSync(plan));
  if (!settled) return asked;
  const { recipe } = JSON.parse(readFileSync(settled, 'utf8')) as {
    recipe: { segmentation: { steps: number } };
  };
  return { ...asked, budget: null, iterations: recipe.segmentation.steps };
}
