/**
 * The two players' losses, from the discriminator's logits (any shape, [N, 1, h, w] for patches).
 * A choice of loss is a value: `vanillaGan`, `lsgan`, `wganGp()`.
 */
import { type Generator, grad, rand, type Tensor } from '@genseg/torch';
import { fullPrecision } from './precision.ts';

export interface GanLoss {
  /** What the discriminator minimises. */
  discriminator(realLogits: Tensor, fakeLogits: Tensor): Tensor;
  /** What the generator minimises. */
  generator(fakeLogits: Tensor): Tensor;
  /**
   * A further term of the discriminator's loss, where the choice has one.
   * @param discriminate from images to logits; the condition is bound in it.
   */
  penalty?(
    discriminate: (images: Tensor) => Tensor,
    images: { real: Tensor; fake: Tensor },
    generator: Generator,
  ): Tensor;
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

/**
 * Gulrajani et al. 2017, eq. 3: D maximises mean D(real) - mean D(fake), and its gradient's norm is
 * drawn to 1 between each real image and its fake. D is the mean over patches, as in the loss.
 * The discriminator must treat samples apart: no batch normalisation.
 */
export const wganGp = ({ weight = 10 }: { weight?: number } = {}): GanLoss => ({
  discriminator: (real, fake) => fullPrecision(fake).mean().sub(fullPrecision(real).mean()),
  generator: (fake) => fullPrecision(fake).mean().neg(),
  penalty: (discriminate, { real, fake }, generator) => {
    const n = real.shape[0];
    const t = rand([n, 1, 1, 1], { generator, device: real.device, dtype: real.dtype });
    const between = real.add(fake.sub(real).mul(t)).requiresGrad_();
    const perSample = fullPrecision(discriminate(between)).reshape([n, -1]).mean(1);
    const [slope] = grad(perSample.sum(), [between], { createGraph: true });
    const norm = slope.square().sum([1, 2, 3]).add(1e-12).sqrt(); // the root of 0 has no derivative
    return norm.sub(1).square().mean().mul(weight);
  },
});
