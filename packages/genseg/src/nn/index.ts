/** Neural network modules in PyTorch's key names. */
export { activate } from './activation.ts';
export { attention } from './attention.ts';
export { Conv2d, type ConvOptions, ConvTranspose2d } from './conv.ts';
export { Dropout, StochasticDepth } from './dropout.ts';
export { foldNorms } from './fold.ts';
export { type GanLoss, lsgan, vanillaGan } from './gan-losses.ts';
export {
  constant,
  type Init,
  kaimingNormal,
  kaimingNormalByFanOut,
  kaimingUniform,
  normal,
  truncatedNormal,
} from './init.ts';
export { type Layer, Sequential, type Stage } from './layer.ts';
export { Linear } from './linear.ts';
export {
  bceWithLogits,
  crossEntropy,
  type DeepSupervisionOptions,
  deepSupervisionLoss,
  diceLoss,
  l1,
  type OverlapLoss,
  type OverlapOptions,
  type SegmentationLossOptions,
  segmentationLoss,
} from './losses.ts';
export { oneHotMask } from './mask.ts';
export { Buffer, Module, Parameter, type StateDict, substitute, valuesOf } from './module.ts';
export {
  BatchNorm2d,
  byBatch,
  byInstance,
  InstanceNorm2d,
  LayerNorm,
  type Norm,
  unnormalised,
} from './norm.ts';
export { croppedTo, extendedToMultiple, paddedToMultiple } from './padding.ts';
export { fullPrecision } from './precision.ts';
export {
  balancedWeights,
  classTask,
  foregroundOf,
  labelled,
  type PlaneWeights,
  plainTask,
  probabilitiesOf,
  regionTask,
  type Task,
  targetOf,
} from './task.ts';
