/**
 * The two players' losses, from the discriminator's logits (any shape, [N, 1, h, w] for patches).
 * A choice of loss is a value: `vanillaGan`, `lsgan`.
 */
import type { Tensor } from '@genseg/torch';
import { fullPrecision } from './precision.ts';

export interface GanLoss {
  /** What the discriminator minimises. */
  discriminator(realLogits: Tensor, fakeLogits: Tensor): Tensor;
  /** What the generator minimises. */
  generator(fakeLogits: Tensor): Tensor;
}

/** -log sigmoid(z), mean: the cross-entropy of calling these real; of calling them fake, with -z. */
const calledReal = (logits: Tensor): Tensor => fullPrecision(logits).neg().softplus().mean();
const squaredDistance = (logits: Tensor, label: number): Tensor =>
  fullPrecision(logits).sub(label).square().mean();

/** Goodfellow et al. 2014, with the generator's non-saturating loss; D's is halved as in pix2pix. */
export const vanillaGan: GanLoss = {
  discriminator: (real, fake) => calledReal(real).add(calledReal(fake.neg())).div(2),
  generator: (fake) => calledReal(fake),
};

/** Mao et al. 2017, least squares to the labels 1 (real) and 0 (fake); D's is halved as in pix2pix. */
export const lsgan: GanLoss = {
  discriminator: (real, fake) => squaredDistance(real, 1).add(squaredDistance(fake, 0)).div(2),
  generator: (fake) => squaredDistance(fake, 1),
};
