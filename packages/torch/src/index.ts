/** @genseg/torch: LibTorch's tensors, operators and gradients, typed. */
export {
  autocast,
  backward,
  checkpointedGrad,
  enableGrad,
  type GradOptions,
  grad,
  noGrad,
  remakeValues,
  type Segment,
  withoutValues,
} from './autograd.ts';
export {
  type ConvolveOptions,
  convolve,
  convolveTransposed,
  halveByMaximum,
  joinChannels,
  mixKernels,
} from './convolution.ts';
export { type NestedArray, parameter, tensor, upload } from './creation.ts';
export { type GroupBackend, ProcessGroup, type ReduceOp } from './distributed.ts';
export type { Device, DType, MemoryFormat, Scalar, TypedArray } from './dtype.ts';
export {
  type BlasVendor,
  type Configuration,
  configure,
  type Environment,
  emptyCache,
  environment,
  type ImageLayout,
  memory,
  resetPeakMemory,
  synchronize,
} from './environment.ts';
export { DisposedTensorError, OutOfMemoryError, TorchError } from './errors.ts';
export { Generator, type GeneratorState } from './generator.ts';
export { type CudaGraph, captureGraph, leaveDefaultStream } from './graph.ts';
export { keep, liveBytes, liveTensors, type Resource, scope } from './lifetime.ts';
export { normaliseBatch, type RunningStatistics } from './norm.ts';
// The one star: the operators' names stand one by one in ops.txt.
export * from './ops.gen.ts';
export {
  type AdamNumbers,
  pullBackAdam,
  pullBackRMSprop,
  type RMSpropNumbers,
  stepAdam,
  stepRMSprop,
  type UpdateTensors,
} from './optimiser.ts';
export {
  type OperatorTotal,
  type Profile,
  type ProfileEvent,
  type ProfileResult,
  profileTrace,
  startProfile,
} from './profile.ts';
export {
  loadSafetensors,
  readSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
  saveSafetensors,
} from './safetensors.ts';
export { loadScript, type ScriptInput, ScriptModule, type ScriptOutput } from './script.ts';
export type { Index } from './tensor-core.ts';
