/** What a model's masks may be trusted with: how sure it is, and of what kind of image. */
export { type Probabilities, type Uncertainty, uncertaintyOf } from './uncertainty.ts';
export { predictViews } from './views.ts';
