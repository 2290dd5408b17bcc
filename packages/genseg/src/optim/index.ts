/** Optimisers whose steps can be differentiated, learning-rate schedules and weight averaging. */
export { Adam, type AdamOptions, AdamW } from './adam.ts';
export { updateAverage } from './ema.ts';
export {
  type Cotangent,
  type Cotangents,
  type Gradient,
  Optimizer,
  type OptimizerState,
  type Pace,
  type PulledBack,
  realise,
  type UpdateSite,
  type UpdateSites,
} from './optimizer.ts';
export { RMSprop, type RMSpropOptions } from './rmsprop.ts';
export { constant, cosine, type Schedule } from './schedule.ts';
export { SGD, type SGDOptions } from './sgd.ts';
