/** Training: methods, recipes, the three levels wired together, the loop, and its proof. */

export type { Observe } from '../mlo/index.ts';
export { checkModel } from './check-model.ts';
export { checkSegmenter } from './check-segmenter.ts';
export { hasCheckpoint, loadCheckpoint, type Parts, saveCheckpoint } from './checkpoint.ts';
export { type BuiltGenerator, type ImageGenerator, pix2pix } from './image-generator.ts';
export { ImageSet, type Images } from './image-set.ts';
export { augment, genseg, type Method, methodNamed, methods, plain, separate } from './method.ts';
export { PairSet, type Pairs } from './pairs.ts';
export { type StepTimes, secondsOf } from './plan/budget.ts';
export { fitBudget, makePlan, type Plan, sessionOptions } from './plan/plan.ts';
export { measureSteps } from './plan/step-times.ts';
export { tuned } from './plan/tune.ts';
export {
  architectureProblem,
  type Discriminator,
  discriminatorProblem,
  generatorProblem,
  gensegEdges,
  type MaskToImage,
  type SegmentationBatch,
  type SyntheticMasks,
  segmentationProblem,
} from './problems.ts';
export { proveLoop } from './proof.ts';
export { type PresetName, presets, type Recipe } from './recipe.ts';
export { type Check, selfCheck } from './selfcheck.ts';
export { Session, type SessionOptions, type Updates, type Witness } from './session.ts';
export { noProgress, type Progress, Trainer, type TrainerOptions } from './trainer.ts';
