/**
 * Cross teaching between CNN and transformer (CTBCT): Luo et al. 2022. A convolutional network and a
 * transformer; on unlabelled images each learns from the other's classes, or regions, as if they were the mask.
 */
import { noGrad, type Tensor } from '@genseg/torch';
import { deepSupervisionLoss, diceLoss } from '../../nn/index.ts';
import { lossOptions, swinUNet, unet } from '../../segmenter/index.ts';
import { decided, pass, probabilities, type SemiSupervision } from './semi-supervision.ts';

export const crossTeaching = ({ weight = 0.1 } = {}): SemiSupervision => ({
  partnerOf: (family) => (family.name === swinUNet.name ? unet : swinUNet),
  follows: null,
  graphs: 2,
  weight,
  losses(networks, { real, unlabelled, task }, recolour) {
    const image = recolour(unlabelled.image);
    const [own, other] = networks.map((network) => pass(network, real.image, image));
    // eq. 3: L_ctl = Dice(p_c, argmax p_t) + Dice(p_t, argmax p_c)
    const taught = (learner: Tensor, teacher: Tensor): Tensor =>
      diceLoss(
        probabilities(learner, task),
        noGrad(() => decided(teacher, task)),
        { background: !task.exclusive },
      );
    return {
      supervised: deepSupervisionLoss(own.real, real.mask, lossOptions(networks[0], task)).add(
        deepSupervisionLoss(other.real, real.mask, lossOptions(networks[1], task)),
      ),
      unsupervised: taught(own.unlabelled, other.unlabelled).add(
        taught(other.unlabelled, own.unlabelled),
      ),
    };
  },
});
