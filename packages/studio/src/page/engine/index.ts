/** The annotation engine: masks, tools, undo and the view. Pure TypeScript, nothing of the browser. */

export { createEditor, type Editor } from './editor.ts';
export { countClasses, createMask, type Mask, maskOf } from './mask.ts';
export { type Colour, colourRect, paletteWords, parseColour } from './palette.ts';
export { clip, isEmpty, type Rect, union } from './rect.ts';
export { decodeRuns, encodeRuns } from './runs.ts';
export { type Dab, type Point, radiusUnder } from './stroke.ts';
export { brightnessOf, otsuLevel } from './threshold.ts';
export {
  fit,
  keepInSight,
  pan,
  pinch,
  type Size,
  screenRect,
  toImage,
  toScreen,
  type View,
  zoomAt,
} from './view.ts';
