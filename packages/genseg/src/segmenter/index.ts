/** A segmentation model apart from its training: families, weights, files, and masks for images. */

export {
  type Cost,
  type Family,
  families,
  familyNamed,
  resunet,
  script,
  swinUNet,
  unet,
} from './family.ts';
export {
  type KeptBy,
  loadModel,
  type ModelInfo,
  readKeptBy,
  saveModel,
  segmentedNames,
  type TrainedModel,
} from './model-file.ts';
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
export { lossOptions, outputsOf, type Segmenter } from './segmenter.ts';
export {
  factorsOf,
  parseStageRates,
  type StageRates,
  stageDecisions,
  staged,
} from './stages.ts';
export { type LargeImage, predictTiled } from './tiles.ts';
export { describeWeights, pretrained, readWeights } from './weights.ts';
