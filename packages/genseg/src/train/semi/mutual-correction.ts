/**
 * Mutual correction framework (MCF): Wang et al. 2023. Two networks of different families. Where they
 * disagree on labelled images, both are corrected once more; on unlabelled images the one that does
 * better on the labelled ones of the batch teaches the other, by its sharpened prediction.
 */
import { noGrad, type Tensor } from '@genseg/torch';
import { deepSupervisionLoss, diceLoss, labelled, type Task, targetOf } from '../../nn/index.ts';
import { lossOptions, resunet, unet } from '../../segmenter/index.ts';
import { decided, pass, probabilities, type SemiSupervision } from './semi-supervision.ts';

/** p^(1/T) / sum p^(1/T), over exclusive planes or over each plane and its complement. */
export function sharpened(
  p: Tensor,
  temperature: number,
  { exclusive }: Pick<Task, 'exclusive'>,
): Tensor {
  const raised = p.pow(1 / temperature);
  const total = exclusive
    ? raised.sum([1], { keepdim: true })
    : raised.add(p.rsub(1).pow(1 / temperature));
  return raised.div(total);
}

/**
 * Ones where two networks decide differently: pixels of exclusive planes, [N, 1, H, W], or each plane for itself.
 * @param own, other their decisions, [N, planes, H, W].
 */
export const disputedBy = (own: Tensor, other: Tensor, { exclusive }: Task): Tensor => {
  const differs = own.sub(other).abs();
  return exclusive ? differs.amax({ dim: 1, keepdim: true }) : differs;
};

/** Mean squared error where the networks disagree. @param disputed ones there, [N, 1 or planes, H, W]. */
export function correction(p: Tensor, target: Tensor, disputed: Tensor): Tensor {
  const squared = p.sub(target).square();
  const error = disputed.shape[1] === 1 ? squared.mean([1], { keepdim: true }) : squared;
  return error.mul(disputed).sum().div(disputed.sum().clampMin(1));
}

export const mutualCorrection = ({
  weight = 0.1,
  correctionWeight = 0.5,
  temperature = 0.1,
} = {}): SemiSupervision => ({
  partnerOf: (family) => (family.name === unet.name ? resunet : unet),
  follows: null,
  graphs: 2,
  weight,
  losses(networks, { real, unlabelled, task }, recolour) {
    const image = recolour(unlabelled.image);
    const passes = networks.map((network) => pass(network, real.image, image));
    const onReal = passes.map(({ real: [logits] }) => probabilities(logits, task));
    const truth = targetOf(real.mask, task, 'float32');
    const counts = labelled(real.mask, 'float32');
    const [own, other] = passes.map(({ real: [logits] }) => decided(logits, task));
    const disputed = disputedBy(own, other, task).mul(counts);
    const [a, b] = passes.map((outputs, i) =>
      deepSupervisionLoss(outputs.real, real.mask, lossOptions(networks[i], task)).add(
        correction(onReal[i], truth, disputed),
        {
          alpha: correctionWeight,
        },
      ),
    );
    const [first, second] = onReal.map((p) =>
      noGrad(() => diceLoss(p.mul(counts), truth, { background: !task.exclusive }).item()),
    );
    const [learner, teacher] = first < second ? [1, 0] : [0, 1];
    const target = noGrad(() =>
      sharpened(probabilities(passes[teacher].unlabelled, task), temperature, task).detach(),
    );
    return {
      supervised: a.add(b),
      unsupervised: probabilities(passes[learner].unlabelled, task).sub(target).square().mean(),
    };
  },
});
