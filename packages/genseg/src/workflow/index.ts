/** What the commands do, as functions: from folders to run folders and back. */
export { estimateCells, planCells } from './bench.ts';
export { type EvaluateResult, evaluateRun } from './evaluate.ts';
export type { Cost } from './finish.ts';
export { type Generated, type GeneratedPair, generatePairs } from './generate.ts';
export { choiceText } from './precision.ts';
export {
  type Predicted,
  type PredictedClass,
  type PredictedImage,
  type PredictOptions,
  predictFiles,
} from './predict.ts';
export { selfcheck } from './selfcheck.ts';
export { resume, type TrainResult, train, type Watcher } from './train.ts';
