/** Networks: segmentation models, and the generator and discriminator of image-mask pairs. */
export { DeepLabV3, type DeepLabV3Options } from './deeplab/index.ts';
export {
  Architecture,
  type Candidate,
  candidates,
  generatorDepth,
  PatchDiscriminator,
  type PatchDiscriminatorOptions,
  type PerLevel,
  Pix2PixGenerator,
  type Pix2PixGeneratorOptions,
} from './pix2pix/index.ts';
export {
  ResUNet,
  type ResUNetCost,
  type ResUNetOptions,
  resUNetCost,
  resUNetDepth,
} from './resunet/index.ts';
export { ScriptSegmenter } from './script/index.ts';
export { SwinUNet, type SwinUNetOptions } from './swin-unet/index.ts';
export { UNet, type UNetOptions } from './unet/index.ts';
