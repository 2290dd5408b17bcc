/** How long this machine takes for a step of each stage: what a time budget is divided by. */
import { synchronize } from '@genseg/torch';
import type { SessionData } from './batches.ts';
import { type Plan, sessionOptions } from './plan.ts';
import { Session } from './session.ts';

/** Seconds. */
export interface StepTimes {
  pretrain: number;
  train: number;
}

/** Takes a few steps with a session of the same sizes, which is then thrown away. */
export function measureSteps(plan: Plan, pairs: SessionData): StepTimes {
  const { device } = plan;
  const recipe = { ...plan.recipe, architecture: { ...plan.recipe.architecture, warmup: 0 } };
  using session = new Session(sessionOptions(plan, { recipe }), pairs);
  const seconds = (steps: number, step: () => void) => {
    step();
    if (device === 'cuda') synchronize();
    const start = performance.now();
    for (let i = 0; i < steps; i++) step();
    if (device === 'cuda') synchronize();
    return (performance.now() - start) / 1000 / steps;
  };
  return {
    pretrain: session.synthesis ? seconds(2, () => session.pretrainStep()) : 0,
    // One interval holds one upper step, as in the run.
    train: seconds(session.engine ? recipe.architecture.interval : 3, () => session.trainStep()),
  };
}
