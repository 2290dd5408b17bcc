/**
 * What is true of a run's training, as sentences for the model card and the checklist: read from its splits,
 * its recipe and its log, so that no sentence speaks of a run that went another way. Null: not known.
 */
import { counted } from './format.ts';
import { eventsOf, type RunRecord } from './run-record.ts';

/** Which of the weights that training went through are the model. */
export function chosenWeights(run: RunRecord): string | null {
  const { splits, plan } = run;
  if (!splits || !plan) return null;
  const count = splits.validation.length;
  if (count === 0) return 'the last, since there were no validation images to choose by';
  const { selectAfter = 0, segmentation } = plan.recipe;
  const from = selectAfter * (segmentation.steps ?? 0);
  const kept = eventsOf(run, 'validation').findLast(({ data }) => data.best)?.data.done;
  if (kept !== undefined && kept <= from)
    return `those of step ${kept}, at which the run was ended before there was a choice`;
  return [
    `those with the best Dice on ${counted(count, 'validation image')}`,
    from > 0 && `, of the ones after step ${Math.floor(from)}`,
    kept !== undefined && `; they are of step ${kept}`,
  ]
    .filter(Boolean)
    .join('');
}

/** Whether the model is one state of the network or a mean of many. */
export function averaging({ plan }: RunRecord): string | null {
  const average = plan?.recipe.segmentation.average;
  if (average === undefined) return null;
  return average > 0
    ? `a moving average over training steps (decay ${average})`
    : 'those of one training step, not averaged';
}

/** What was minimised, how, and where the rest of the numbers is. */
export function trainingFacts({ plan }: RunRecord): string | null {
  if (!plan) return null;
  const { steps, optimizer, lr, schedule } = plan.recipe.segmentation;
  const known = [
    steps !== undefined && counted(steps, 'step'),
    optimizer && `optimiser ${optimizer}`,
    lr !== undefined && `learning rate ${lr}${schedule ? ` (${schedule})` : ''}`,
  ].filter((part) => typeof part === 'string');
  const method = plan.decisions.find(({ name }) => name === 'method');
  return [
    ...(known.length > 0 ? [`Segmentation model: ${known.join(', ')}.`] : []),
    'Its loss on masks is cross-entropy and soft Dice.',
    ...(method ? [`Method ${method.value}: ${method.reason}.`] : []),
    'The other numbers of the recipe are in plan.json, the curves in metrics.csv; how much augmentation changes is fixed in the code of this version.',
  ].join(' ');
}
