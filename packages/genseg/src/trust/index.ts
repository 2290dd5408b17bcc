/** What a model's masks may be trusted with: how sure it is, and of what kind of image. */
export { type Domain, domainOf, featuresOf, imageFeatures, novelty } from './domain.ts';
export { copied, type Nearest, nearestAmong, nearestOf } from './memorisation.ts';
export {
  type Probabilities,
  regionUncertainty,
  type Uncertainty,
  uncertaintyOf,
} from './uncertainty.ts';
export { planesOf, predictViews, type Seen, see } from './views.ts';
