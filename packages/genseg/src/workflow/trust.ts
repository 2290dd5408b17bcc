/** What the commands say of trust: how sure the model is of an image, and whether it knows its kind. */
import { existsSync, readFileSync } from 'node:fs';
import { noGrad, scope } from '@genseg/torch';
import type { Size } from '../data/index.ts';
import type { CaseTrust } from '../report/index.ts';
import { type RunPaths, writeJsonAtomic } from '../run/index.ts';
import {
  decide,
  inputOf,
  type Picture,
  type Prediction,
  type TrainedModel,
} from '../segmenter/index.ts';
import {
  type Domain,
  domainOf,
  featuresOf,
  novelty,
  planesOf,
  regionUncertainty,
  see,
  type Uncertainty,
  uncertaintyOf,
} from '../trust/index.ts';
import { imagesAtOnce } from './ahead.ts';
import { loadAt, type RunData } from './data.ts';

/** Writes what the labelled images are like to the model; null where it cannot tell or they are too few. */
export async function writeDomain(
  { domain: path }: RunPaths,
  { model, info }: TrainedModel,
  { manifest, division }: RunData,
): Promise<Domain | null> {
  const known = await loadAt([...division.train, ...division.validation], manifest, info.size);
  if (!model.bottleneck || known.length < 3) return null;
  const atOnce = imagesAtOnce(info.size);
  const features: number[][] = [];
  for (let i = 0; i < known.length; i += atOnce) {
    const batch = known.slice(i, i + atOnce);
    scope(() =>
      noGrad(() => {
        features.push(...featuresOf(model.bottleneck!(inputOf(model, batch, info.size))));
      }),
    );
  }
  const domain = domainOf(features);
  writeJsonAtomic(path, domain);
  return domain;
}

/** Null for a run that has none. */
export const readDomain = ({ domain }: RunPaths): Domain | null =>
  existsSync(domain) ? (JSON.parse(readFileSync(domain, 'utf8')) as Domain) : null;

/** An image to predict. */
export interface Shown {
  /** At its own size, or already at the model's, which needs less memory. */
  readonly image: Picture;
  /** The image's own size, which its mask gets. */
  readonly size: Size;
}

/** How far a mask may be trusted. */
export interface Trust extends Uncertainty {
  /** Above 1: unlike the images that the model knows; null where that is not known. */
  readonly novelty: number | null;
}

export interface Judged extends Prediction {
  /** Null when not asked for. */
  readonly trust: Trust | null;
}

/**
 * Masks of images, from one pass of the model; each image with what it may be trusted with from one pass over its
 * views.
 */
export function judge(
  trained: TrainedModel,
  shown: readonly Shown[],
  { fast, domain }: { fast: boolean; domain: Domain | null },
): Judged[] {
  const { model, info, task } = trained;
  if (!fast) return shown.map((one) => judgeInViews(trained, one, domain));
  return scope(() =>
    noGrad(() => {
      const images = shown.map(({ image }) => image);
      const logits = model.forward(inputOf(model, images, info.size));
      return shown.map(({ size }, i) => ({ ...decide(logits.at(i), size, task), trust: null }));
    }),
  );
}

function judgeInViews(
  { model, info, task }: TrainedModel,
  { image, size }: Shown,
  domain: Domain | null,
): Judged {
  return scope(() => {
    const seen = see(model, inputOf(model, [image], info.size), task);
    const uncertainty = (info.regions ? regionUncertainty : uncertaintyOf)(planesOf(seen, 0));
    const known = seen.bottleneck && domain && novelty(featuresOf(seen.bottleneck)[0], domain);
    return {
      ...decide(seen.logits.at(0), size, task),
      trust: { ...uncertainty, novelty: known },
    };
  });
}

/** Mean over the classes that any view has; null where none does. */
export function meanPredictedDice({ predictedDice }: Pick<Uncertainty, 'predictedDice'>) {
  const scores = predictedDice.filter((value) => !Number.isNaN(value));
  return scores.length > 0 ? scores.reduce((a, b) => a + b, 0) / scores.length : null;
}

/** What is kept of a case of a test set. */
export const caseTrust = (id: string, trust: Trust): CaseTrust => ({
  id,
  uncertainty: trust.uncertainty,
  predictedDice: meanPredictedDice(trust),
  novelty: trust.novelty,
});
