/**
 * Mutual correction framework (MCF): Wang et al. 2023. Two networks of different families. Where they
 * disagree on labelled images, both are corrected once more; on unlabelled images the one that does
 * better on the labelled ones of the batch teaches the other, by its sharpened prediction.
 */
import { noGrad, type Tensor } from '@genseg/torch';
import { ignoredClass } from '../../classes.ts';
import { deepSupervisionLoss, diceLoss, oneHotMask } from '../../nn/index.ts';
import { resunet, unet } from '../family.ts';
import { lossOptions } from '../problems.ts';
import { classesOf, pass, probabilities, type SemiSupervision } from './semi-supervision.ts';

/** p^(1/T) / sum p^(1/T) over the classes. @param p probabilities, one plane for two classes. */
export function sharpened(p: Tensor, temperature: number): Tensor {
  const raised = p.pow(1 / temperature);
  const total =
    p.shape[1] === 1
      ? raised.add(p.rsub(1).pow(1 / temperature))
      : raised.sum([1], { keepdim: true });
  return raised.div(total);
}

/** Mean squared error where the networks disagree. @param where boolean [N, H, W]. */
export function correction(p: Tensor, target: Tensor, where: Tensor): Tensor {
  const error = p.sub(target).square().mean([1]); // [N, H, W]
  const disputed = where.to({ dtype: error.dtype });
  return error.mul(disputed).sum().div(disputed.sum().clampMin(1));
}

export const mutualCorrection = ({
  weight = 0.1,
  correctionWeight = 0.5,
  temperature = 0.1,
} = {}): SemiSupervision => ({
  partnerOf: (family) => (family.name === unet.name ? resunet : unet),
  follows: null,
  weight,
  losses(networks, { real, unlabelled, task }, recolour) {
    const image = recolour(unlabelled.image);
    const passes = networks.map((network) => pass(network, real.image, image));
    const onReal = passes.map(({ real: [logits] }) => probabilities(logits));
    const truth = oneHotMask(real.mask, onReal[0].shape[1]);
    const [own, other] = passes.map(({ real: [logits] }) => classesOf(logits));
    const disputed = own.ne(other).logicalAnd(real.mask.ne(ignoredClass));
    const [a, b] = passes.map((outputs, i) =>
      deepSupervisionLoss(outputs.real, real.mask, lossOptions(networks[i], task)).add(
        correction(onReal[i], truth, disputed),
        {
          alpha: correctionWeight,
        },
      ),
    );
    const [first, second] = onReal.map((p) => noGrad(() => diceLoss(p, truth).item()));
    const [learner, teacher] = first < second ? [1, 0] : [0, 1];
    const target = noGrad(() =>
      sharpened(probabilities(passes[teacher].unlabelled), temperature).detach(),
    );
    return {
      supervised: a.add(b),
      unsupervised: probabilities(passes[learner].unlabelled).sub(target).square().mean(),
    };
  },
});
