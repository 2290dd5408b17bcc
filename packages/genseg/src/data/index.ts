/** Data sets of 2-D images: inspection, manifest, splits, loading, resizing. */
export type { Duplicate } from './duplicates.ts';
export type { Image, Size } from './image/image.ts';
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
export { scaled } from './planes.ts';
export { resizeImage, resizeMask } from './resize.ts';
export { type Division, splitCases } from './splits.ts';
