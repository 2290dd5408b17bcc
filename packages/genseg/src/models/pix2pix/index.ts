/** The searchable pix2pix generator and its discriminator. */
export {
  Architecture,
  type Candidate,
  candidates,
  type PerLevel,
} from './architecture.ts';
export {
  generatorDepth,
  Pix2PixGenerator,
  type Pix2PixGeneratorOptions,
} from './generator.ts';
export { mergeKernels } from './merge-kernels.ts';
export { doubling, halving, MixedOp, type MixedOpOptions, type Resampling } from './mixed-op.ts';
export { PatchDiscriminator, type PatchDiscriminatorOptions } from './patch-discriminator.ts';
