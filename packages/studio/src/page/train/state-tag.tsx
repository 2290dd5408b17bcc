/** The state of a round or run in a word. */
import type { RunState } from '../../api.ts';
import { states } from '../words/methods.ts';

const tones: Record<RunState, string> = {
  ...{ waiting: '', starting: 'accent', running: 'accent', stopping: 'open', paused: 'open' },
  ...{ killed: 'bad', finished: 'good', failed: 'bad' },
};

export function StateTag({ state }: { state: RunState }) {
  return <span className={`tag ${tones[state]}`}>{states[state]}</span>;
}
