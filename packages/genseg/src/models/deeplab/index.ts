/** DeepLabV3. */
export { DeepLabV3, type DeepLabV3Options } from './deeplab.ts';
