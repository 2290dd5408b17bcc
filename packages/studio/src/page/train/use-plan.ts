/** What a start with these options would do, asked of the server a moment after the last change. */
import { useEffect, useState } from 'react';
import { routes, type TrainingOptions, type TrainingPlan } from '../../api.ts';
import { sendJson, wordsOf } from '../net/request.ts';

export interface Plan {
  readonly plan: TrainingPlan | undefined;
  readonly error: string | undefined;
}

export function usePlan(options: TrainingOptions | undefined): Plan {
  const [state, setState] = useState<Plan>({ plan: undefined, error: undefined });
  const asked = options && JSON.stringify(options);
  useEffect(() => {
    if (asked === undefined) return;
    let wanted = true;
    const timer = setTimeout(async () => {
      try {
        const plan = await sendJson<TrainingPlan>('POST', routes.plan, JSON.parse(asked));
        if (wanted) setState({ plan, error: undefined });
      } catch (thrown) {
        if (wanted) setState({ plan: undefined, error: wordsOf(thrown) });
      }
    }, 200);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [asked]);
  return state;
}
