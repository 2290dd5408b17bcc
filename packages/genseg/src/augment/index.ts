/** Random changes of image-mask pairs, as function values with explicit generators. */
export { type Affine, identity, rotation, scaling } from './affine.ts';
export {
  type Augmentation,
  type Drawn,
  type ImageAugmentation,
  type ImagesLike,
  imageAugmentation,
  type MaskAugmentation,
  type Pair,
} from './augmentation.ts';
export { copyPaste } from './copy-paste.ts';
export {
  allWarps,
  combine,
  cropPad,
  type DrawWarp,
  elastic,
  flip,
  geometric,
  geometricMask,
  rotate,
  scale,
  shear,
  translate,
} from './geometric.ts';
export {
  anyContrast,
  bias,
  blur,
  chain,
  contrast,
  curve,
  gain,
  gamma,
  noise,
  photometric,
  saturation,
} from './photometric.ts';
export { strong } from './strong.ts';
export {
  type Frame,
  frameOf,
  type Padding,
  samplingGrid,
  type Warp,
  warpImage,
  warpMask,
} from './warp.ts';
