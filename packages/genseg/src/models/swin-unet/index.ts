/** Swin-UNet. */
export { SwinUNet, type SwinUNetOptions } from './swin-unet.ts';
