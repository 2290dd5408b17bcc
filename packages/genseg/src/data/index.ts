/** Data sets of 2-D images: inspection, manifest, splits, loading, resizing; public data sets prepared. */
export type { Duplicate } from './duplicates.ts';
export { imagesIn } from './folder-images.ts';
export { cropImage } from './image/crop.ts';
export { type Image, maxSide, minSide, type Size } from './image/image.ts';
export { readImage, type SourceImage } from './image/read.ts';
export { type Inspection, inspect } from './inspect.ts';
export { isImage } from './layout/names.ts';
export { loadCases, type Sample } from './load.ts';
export {
  type Case,
  type Coding,
  type Fingerprint,
  type Manifest,
  manifestSchema,
  type Problem,
  parseManifest,
  type Split,
} from './manifest.ts';
export { type IntensityRange, intensityRange, scaled } from './planes.ts';
export { filesOf } from './public/match.ts';
export { type Prepared, type PrepareOptions, preparePublicSet } from './public/prepare.ts';
export type { PublicSet } from './public/public-set.ts';
export { publicSets } from './public/sets/index.ts';
export { readImageFiles } from './read-case.ts';
export { resizeImage, resizeMask } from './resize.ts';
export { type Division, defaultValidationCount, hasForeground, splitCases } from './splits.ts';
