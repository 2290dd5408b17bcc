/** How well a session's model does on the validation cases. */
import { cat, noGrad, scope } from '@genseg/torch';
import { segmentationLoss } from '../nn/index.ts';
import { meanDice } from '../segmenter/index.ts';
import type { PairSet } from './pairs.ts';
import type { Session } from './session.ts';

/** Images in one pass, so that the features in memory do not grow with their number. */
const batch = 32;

/** Mean foreground Dice and loss of the averaged segmenter, which is left in evaluation mode. */
export function validate(
  { average, task }: Session,
  validation: PairSet,
): { dice: number; loss: number } {
  average.eval();
  return scope(() =>
    noGrad(() => {
      const { image, mask } = validation.all();
      const logits = cat(image.split(batch).map((some) => scope(() => average.forward(some))));
      return {
        dice: meanDice(logits, mask, task),
        loss: segmentationLoss(logits, mask, { task }).item(),
      };
    }),
  );
}
