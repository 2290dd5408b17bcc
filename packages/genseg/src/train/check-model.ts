/** The model of a plan, checked before a run begins, and what is learned on the way. */

import type { Decision } from '../run/index.ts';
import { describeWeights } from '../segmenter/index.ts';
import { checkSegmenter } from './check-segmenter.ts';
import { type Plan, sessionOptions } from './plan/plan.ts';

/**
 * @returns what plan.json should say of it.
 * @throws ConfigError that names the model, what it lacks and the mend; DataError for a damaged file of weights.
 */
export function checkModel(plan: Plan): Decision[] {
  const options = sessionOptions(plan);
  return checkSegmenter({ ...options, name: `--model ${plan.model}` }, (model) => {
    const { weights } = plan;
    const count = model.parameters().reduce((sum, { value }) => sum + value.numel, 0);
    return [
      { name: 'trained parameters', value: count, reason: options.family.summary },
      ...(weights === null
        ? []
        : [
            {
              name: 'weights',
              value: weights,
              reason: describeWeights(model, weights, options.family),
            },
          ]),
    ];
  });
}
