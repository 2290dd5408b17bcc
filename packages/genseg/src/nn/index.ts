/** Neural network modules in PyTorch's key names. */
export { Conv2d, type ConvOptions, ConvTranspose2d } from './conv.ts';
export { Dropout } from './dropout.ts';
export { type GanLoss, lsgan, vanillaGan, wganGp } from './gan-losses.ts';
export {
  constant,
  type Init,
  kaimingNormal,
  kaimingNormalByFanOut,
  kaimingUniform,
  normal,
} from './init.ts';
export { type Layer, Sequential, type Stage } from './layer.ts';
export {
  bceWithLogits,
  crossEntropy,
  deepSupervisionLoss,
  diceLoss,
  jaccardLoss,
  l1,
  type OverlapLoss,
  type OverlapOptions,
  segmentationLoss,
} from './losses.ts';
export { oneHotMask } from './mask.ts';
export { Buffer, Module, Parameter, type StateDict, substitute, valuesOf } from './module.ts';
export {
  BatchNorm2d,
  byBatch,
  byInstance,
  GroupNorm,
  InstanceNorm2d,
  type Norm,
  unnormalised,
} from './norm.ts';
export { extendedToMultiple, paddedToMultiple } from './padding.ts';
export { fullPrecision } from './precision.ts';
