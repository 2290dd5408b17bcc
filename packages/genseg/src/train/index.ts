/** Training: methods, recipes, the three levels wired together, the loop, and its proof. */

export type { Observe } from '../mlo/index.ts';
export { type StepTimes, secondsOf } from './budget.ts';
export { checkModel } from './check-model.ts';
export { checkSegmenter } from './check-segmenter.ts';
export { hasCheckpoint, loadCheckpoint, type Parts, saveCheckpoint } from './checkpoint.ts';
export { type Family, families, familyNamed, script, unet } from './family.ts';
export { type BuiltGenerator, type ImageGenerator, pix2pix } from './image-generator.ts';
export { ImageSet, type Images } from './image-set.ts';
export { augment, genseg, type Method, methodNamed, methods, plain, separate } from './method.ts';
export {
  type KeptBy,
  loadModel,
  type ModelInfo,
  readKeptBy,
  saveModel,
  segmentedNames,
  type TrainedModel,
} from './model-file.ts';
export { PairSet, type Pairs } from './pairs.ts';
export { type Decision, fitBudget, makePlan, type Plan, sessionOptions } from './plan.ts';
export {
  decide,
  inputOf,
  meanDice,
  type Picture,
  type Prediction,
  predict,
  predictAll,
  type Use,
} from './predict.ts';
export {
  architectureProblem,
  type Discriminator,
  discriminatorProblem,
  generatorProblem,
  gensegEdges,
  type MaskToImage,
  type SegmentationBatch,
  type Segmenter,
  segmentationProblem,
} from './problems.ts';
export { proveLoop } from './proof.ts';
export { type PresetName, presets, type Recipe } from './recipe.ts';
export { type Check, selfCheck } from './selfcheck.ts';
export { Session, type SessionOptions, type Updates, type Witness } from './session.ts';
export { measureSteps } from './step-times.ts';
export { type LargeImage, predictTiled } from './tiles.ts';
export { noProgress, type Progress, Trainer, type TrainerOptions } from './trainer.ts';
export { tuned } from './tune.ts';
export { readWeights } from './weights.ts';
