/** How a validation gradient passes through an optimisation; each method is a value. */
export { conjugateGradient } from './conjugate-gradient.ts';
export { finiteDifference } from './finite-difference.ts';
export type { HypergradientMethod } from './method.ts';
export { neumann } from './neumann.ts';
export { unrolled } from './unrolled.ts';
export { cosine, norm } from './vector.ts';
