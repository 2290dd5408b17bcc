/** Pictures from typed arrays: images, masks, overlays and grids of them, as PNG files. */
export { type GridOptions, grid, type Tile } from './grid.ts';
export { overlay } from './overlay.ts';
export { type ImagePlanes, type MaskPlane, type Picture, paintImage, paintMask } from './paint.ts';
export { encodeMask, encodePng, encodeProbabilities } from './png.ts';
