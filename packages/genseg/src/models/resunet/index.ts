/** Residual U-Net with deep supervision. */
export { ResUNet, type ResUNetOptions, resUNetDepth } from './resunet.ts';
