/** U-Net. */
export { UNet, type UNetOptions } from './unet.ts';
