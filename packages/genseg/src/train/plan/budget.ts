/** From a time to a number of steps, by how long each kind of step takes. */
import type { Recipe } from '../recipe.ts';

/** Seconds; 0 for what a method does not do. */
export interface StepTimes {
  pretrain: number;
  /** Of the segmentation model alone. */
  train: number;
  /** What a step takes longer in which the GAN and the architecture take theirs. */
  upper: number;
  validation: number;
}

/** Of the stages of a recipe, without reading data, self-check, checkpoints, pictures and test. */
export function secondsOf(recipe: Recipe, times: StepTimes): number {
  const { gan, segmentation, architecture, validateEvery } = recipe;
  const { steps } = segmentation;
  const uppers = Math.max(0, Math.ceil((steps - architecture.warmup) / architecture.interval));
  return (
    gan.pretrainSteps * times.pretrain +
    steps * times.train +
    uppers * times.upper +
    Math.ceil(steps / validateEvery) * times.validation
  );
}

/**
 * Another number of segmentation steps. Pre-training and the rise of the learning rate keep their proportion to them;
 * the architecture's warm-up, its interval and the steps between validations stay as they are, but for a run that is
 * too short for them.
 */
export function withSteps(recipe: Recipe, steps: number): Recipe {
  const { architecture, gan, segmentation, validateEvery } = recipe;
  const share = steps / segmentation.steps;
  return {
    ...recipe,
    // In this order of operations, so that whole proportions come out whole.
    segmentation: {
      ...segmentation,
      steps,
      warmup: Math.ceil((segmentation.warmup * steps) / segmentation.steps),
    },
    gan: { ...gan, pretrainSteps: Math.max(1, Math.round(gan.pretrainSteps * share)) },
    architecture: {
      ...architecture,
      warmup: Math.min(architecture.warmup, Math.floor(steps / 4)),
      interval: Math.min(architecture.interval, Math.max(1, Math.floor(steps / 4))),
    },
    // A short run must still be validated a few times.
    validateEvery: Math.max(1, Math.min(validateEvery, Math.floor(steps / 5))),
  };
}

/** With the most segmentation steps that fit into so many seconds, one at least. */
export function fitSteps(recipe: Recipe, seconds: number, times: StepTimes): Recipe {
  let steps = Math.max(1, Math.ceil(seconds / times.train));
  // One by one: a step more may cost less, since intervals follow the number of steps.
  while (steps > 1 && secondsOf(withSteps(recipe, steps), times) > seconds) steps--;
  return withSteps(recipe, steps);
}
