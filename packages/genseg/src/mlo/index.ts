/** Nested optimisation: problems, who depends on whom, and gradients through optima. */

export { Capture, type CaptureOptions, type CaptureWork, type Evaluation } from './capture.ts';
export {
  Engine,
  type EngineOptions,
  Iteration,
  type Level,
  type Observe,
  unobserved,
} from './engine.ts';
export { type Edge, Graph, lowerToUpper, upperToLower } from './graph.ts';
export {
  conjugateGradient,
  cosine,
  finiteDifference,
  type HypergradientMethod,
  neumann,
  norm,
  unrolled,
} from './hypergradient/index.ts';
export { type Hypergradient, hypergradient } from './hypergradient.ts';
export { Problem, type ProblemOptions, type Step, unrecorded } from './problem.ts';
export type { Reading } from './reading.ts';
