/**
 * Deep co-training: Qiao et al. 2018, and for segmentation Peng et al. 2020. Two networks of one family
 * are to agree on unlabelled images, and are kept different by learning to withstand each other's
 * adversarial examples. The numbers are Qiao's.
 */
import { grad, noGrad, scope, type Tensor } from '@genseg/torch';
import { deepSupervisionLoss, type Task, targetOf } from '../../nn/index.ts';
import { lossOptions, type Segmenter } from '../../segmenter/index.ts';
import {
  decided,
  pass,
  probabilities,
  type SemiSupervision,
  softCrossEntropy,
} from './semi-supervision.ts';

/**
 * H(p) = -sum p log p over exclusive planes, or of each plane and its complement; mean over pixels, and over planes
 * that are not exclusive.
 */
export function entropy(p: Tensor, { exclusive }: Task): Tensor {
  const term = (x: Tensor) => x.mul(x.clampMin(1e-7).log()).neg();
  return exclusive
    ? term(p).sum(1).mean()
    : term(p)
        .add(term(p.rsub(1)))
        .mean();
}

/** Eq. 3, the Jensen-Shannon divergence: H((p + q) / 2) - (H(p) + H(q)) / 2. */
export const disagreement = (p: Tensor, q: Tensor, task: Task): Tensor =>
  entropy(p.add(q).div(2), task).sub(entropy(p, task).add(entropy(q, task)).div(2));

/**
 * The fast gradient sign method (Goodfellow et al. 2015): each pixel moves by `size` to where the network's
 * loss grows. @param target planes of zeros and ones, [N, planes, H, W].
 */
export function adversarial(
  network: Segmenter,
  image: Tensor,
  { target, size, task }: { target: Tensor; size: number; task: Task },
): Tensor {
  return scope(() => {
    const leaf = image.detach().clone().requiresGrad_();
    const logits = network.withFrozenStatistics(() => network.forward(leaf));
    const loss = softCrossEntropy(target, logits, task);
    const [slope] = grad(loss, [leaf]);
    return image.detach().add(slope.sign(), { alpha: size }).clamp({ min: 0, max: 1 });
  });
}

export const coTraining = ({
  agreement = 10,
  difference = 0.5,
  size = 0.02,
} = {}): SemiSupervision => ({
  partnerOf: (family) => family,
  follows: null,
  graphs: 4,
  weight: 1,
  losses([first, second], { real, unlabelled, task }, recolour) {
    const image = recolour(unlabelled.image);
    const networks = [first, second] as const;
    const passes = networks.map((network) => pass(network, real.image, image));
    const [own, other] = passes.map(({ unlabelled }) => probabilities(unlabelled, task));
    /** H(p_i(x), p_j(g_i(x))), on labelled and unlabelled images. */
    const withstands = (i: 0 | 1): Tensor => {
      const attack = (x: Tensor, target: Tensor) =>
        adversarial(networks[i], x, { target, size, task });
      const attacked = pass(
        networks[1 - i],
        attack(real.image, targetOf(real.mask, task, 'float32')),
        attack(
          image,
          noGrad(() => decided(passes[i].unlabelled, task)),
        ),
      );
      const term = (logits: Tensor, from: Tensor) =>
        softCrossEntropy(
          noGrad(() => probabilities(from, task)),
          logits,
          task,
        );
      const { real: onReal, unlabelled: onOthers } = attacked;
      return term(onReal[0], passes[i].real[0]).add(term(onOthers, passes[i].unlabelled)).div(2);
    };
    const [a, b] = passes.map((outputs, i) =>
      deepSupervisionLoss(outputs.real, real.mask, lossOptions(networks[i], task)),
    );
    return {
      supervised: a.add(b),
      unsupervised: disagreement(own, other, task)
        .mul(agreement)
        .add(withstands(0).add(withstands(1)), { alpha: difference }),
    };
  },
});
