/**
 * Mean teacher: Tarvainen and Valpola 2017. The teacher is the moving average of the student, and the
 * student is to predict what the teacher predicts for the same image under other random colours. Weight
 * and decay are those of Yu et al. 2019 ("Uncertainty-aware self-ensembling model"), for segmentation.
 */
import { noGrad } from '@genseg/torch';
import { deepSupervisionLoss } from '../../nn/index.ts';
import { lossOptions } from '../../segmenter/index.ts';
import { pass, probabilities, type SemiSupervision } from './semi-supervision.ts';

export const meanTeacher = ({ decay = 0.99, weight = 0.1 } = {}): SemiSupervision => ({
  partnerOf: (family) => family,
  follows: decay,
  graphs: 1,
  weight,
  losses([student, teacher], { real, unlabelled, task }, recolour) {
    const outputs = pass(student, real.image, recolour(unlabelled.image));
    const other = recolour(unlabelled.image);
    const target = noGrad(() =>
      probabilities(
        teacher.withFrozenStatistics(() => teacher.forward(other)),
        task,
      ),
    );
    return {
      supervised: deepSupervisionLoss(outputs.real, real.mask, lossOptions(student, task)),
      // eq. 1: J(theta) = E |f(x, theta', eta') - f(x, theta, eta)|^2
      unsupervised: probabilities(outputs.unlabelled, task).sub(target).square().mean(),
    };
  },
});
