/** What the commands say of trust: how sure the model is of an image, and whether it knows its kind. */
import { existsSync, readFileSync } from 'node:fs';
import type { Sample } from '../data/index.ts';
import type { CaseTrust } from '../report/index.ts';
import { type RunPaths, writeJsonAtomic } from '../run/index.ts';
import type { TrainedModel } from '../train/index.ts';
import {
  type Domain,
  domainOf,
  imageFeatures,
  novelty,
  predictViews,
  regionUncertainty,
  type Uncertainty,
  uncertaintyOf,
} from '../trust/index.ts';
import { loadAt, type RunData } from './data.ts';

/** Writes what the labelled images are like to the model; null where it cannot tell or they are too few. */
export async function writeDomain(
  { domain: path }: RunPaths,
  { model, info }: TrainedModel,
  { manifest, division }: RunData,
): Promise<Domain | null> {
  const known = await loadAt([...division.train, ...division.validation], manifest, info.size);
  const features = known.map((sample) => imageFeatures(model, sample, info));
  const seen = features.filter((one) => one !== null);
  if (seen.length < 3) return null;
  const domain = domainOf(seen);
  writeJsonAtomic(path, domain);
  return domain;
}

/** Null for a run that has none. */
export const readDomain = ({ domain }: RunPaths): Domain | null =>
  existsSync(domain) ? (JSON.parse(readFileSync(domain, 'utf8')) as Domain) : null;

type Seen = Omit<Sample, 'id' | 'mask'>;

/** Above 1: unlike the images that the model knows; null where that is not known. */
export function noveltyOf({ model, info }: TrainedModel, sample: Seen, domain: Domain | null) {
  const features = domain && imageFeatures(model, sample, info);
  return features && domain ? novelty(features, domain) : null;
}

export function uncertaintyIn({ model, info, task }: TrainedModel, sample: Seen): Uncertainty {
  const judge = info.regions ? regionUncertainty : uncertaintyOf;
  return judge(predictViews(model, sample, { size: info.size, task }));
}

/** Mean over the classes that any view has; null where none does. */
export function meanPredictedDice({ predictedDice }: Pick<Uncertainty, 'predictedDice'>) {
  const scores = predictedDice.filter((value) => !Number.isNaN(value));
  return scores.length > 0 ? scores.reduce((a, b) => a + b, 0) / scores.length : null;
}

/** All of it for a case of a test set. */
export function trustIn(trained: TrainedModel, sample: Sample, domain: Domain | null): CaseTrust {
  const found = uncertaintyIn(trained, sample);
  return {
    id: sample.id,
    uncertainty: found.uncertainty,
    predictedDice: meanPredictedDice(found),
    novelty: noveltyOf(trained, sample, domain),
  };
}
