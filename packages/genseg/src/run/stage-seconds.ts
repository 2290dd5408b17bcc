/** How long each stage of a run took, from its events: also of a run that was stopped and went on. */
import type { RunEvent } from './types.ts';

/**
 * Seconds by stage. Time counts from event to event; that between a stop and the `resume` after it does not,
 * nor does work that was lost in between, since its events are gone.
 */
export function stageSeconds(events: readonly RunEvent[]): Record<string, number> {
  const seconds: Record<string, number> = {};
  let stage: string | null = null;
  events.forEach(({ type, time, data }, i) => {
    if (stage !== null && type !== 'resume')
      seconds[stage] += (Date.parse(time) - Date.parse(events[i - 1].time)) / 1000;
    if (type === 'stage') stage = String(data.name);
    if (stage !== null) seconds[stage] ??= 0;
  });
  return seconds;
}
