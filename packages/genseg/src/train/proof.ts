/**
 * The self-check on a run's own loop: its method, recipe and data, at little width and size, where exact
 * double backward is cheap.
 */
import { scope } from '@genseg/torch';
import type { PairSet } from './pairs.ts';
import { type Plan, sessionOptions } from './plan/plan.ts';
import type { Recipe } from './recipe.ts';
import { type Check, selfCheck } from './selfcheck.ts';
import { idsOf, Session } from './session.ts';

/** Of networks that take images of any size. */
const smallSide = 32;
const width = 4;
/** Optimisers need a few steps before their running averages mean anything. */
const warmup = 8;

const small = (recipe: Recipe): Recipe => ({
  ...recipe,
  batch: 2,
  syntheticBatch: 2,
  segmentation: { ...recipe.segmentation, width },
  gan: { ...recipe.gan, batch: 2, width, discriminatorWidth: width },
  architecture: { ...recipe.architecture, warmup, interval: 1 },
});

/** Builds the copy, lets it take a few steps, and checks it. */
export function proveLoop(plan: Plan, pairs: { train: PairSet; validation: PairSet }): Check[] {
  const { fixedSize, stages = {} } = sessionOptions(plan).family;
  const side = fixedSize ? plan.size : smallSide;
  // Pretrained weights are of another width, and a smaller model may lack what was named in the larger one.
  const named = Object.entries(plan.stageRates).filter(([stage]) => fixedSize || stage in stages);
  const unfit = { weights: null, stageRates: Object.fromEntries(named) };
  return scope(() => {
    using train = pairs.train.resized(side);
    using validation = pairs.validation.resized(side);
    const trained = [train.ids];
    using session = new Session(
      sessionOptions({ ...plan, ...unfit }, { recipe: small(plan.recipe), size: side }),
      { train, validation },
      (problem, ids) => {
        if (problem !== session.engine!.upper.name) trained.push(ids);
      },
    );
    const { engine, parts } = session;
    if (!engine) throw new TypeError(`method ${plan.method} has no feedback to prove`);
    for (let i = 0; i < warmup; i++) engine.iterate();
    return selfCheck(engine, {
      idsOf,
      trained,
      validated: validation.ids,
      state: () => [
        ...Object.values(parts.modules).flatMap((module) => [...module.stateDict().values()]),
        ...Object.values(parts.optimizers).flatMap((optimizer) => [
          ...optimizer.stateDict().tensors.values(),
        ]),
      ],
    });
  });
}
