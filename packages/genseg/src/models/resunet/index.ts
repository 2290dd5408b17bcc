/** Residual U-Net with deep supervision. */
export { type ResUNetCost, resUNetCost } from './cost.ts';
export { resUNetDepth } from './levels.ts';
export { ResUNet, type ResUNetOptions } from './resunet.ts';
