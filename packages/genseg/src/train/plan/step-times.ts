/** How long this machine takes for what a training consists of. */
import { synchronize } from '@genseg/torch';
import type { SessionData } from '../batches.ts';
import { Session } from '../session.ts';
import { validate } from '../validate.ts';
import type { StepTimes } from './budget.ts';
import { type Plan, sessionOptions } from './plan.ts';

/** Takes a few steps with a session of the same sizes, which is then thrown away. They are not captured, where the training's will be. */
export function measureSteps(plan: Plan, pairs: SessionData): StepTimes {
  const { device } = plan;
  const recipe = { ...plan.recipe, architecture: { ...plan.recipe.architecture, warmup: 0 } };
  using session = new Session(sessionOptions(plan, { recipe }), pairs);
  const { engine, synthesis } = session;
  /** Of one, after a first that is not counted. */
  const seconds = (times: number, body: () => void): number => {
    body();
    if (device === 'cuda') synchronize();
    const start = performance.now();
    for (let i = 0; i < times; i++) body();
    if (device === 'cuda') synchronize();
    return (performance.now() - start) / 1000 / times;
  };
  /** @param iteration 0 is one in which the architecture takes its step. */
  const step = (iteration: number) => () => {
    if (engine) engine.iteration = iteration;
    session.trainStep();
  };
  const alone = recipe.architecture.interval > 1 ? 1 : 0;
  const train = seconds(3, step(alone));
  return {
    pretrain: synthesis ? seconds(2, () => session.pretrainStep()) : 0,
    train,
    upper: engine && alone > 0 ? Math.max(0, seconds(2, step(0)) - train) : 0,
    validation:
      pairs.validation.count > 0 ? seconds(1, () => validate(session, pairs.validation)) : 0,
  };
}
