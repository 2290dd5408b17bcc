/** `genseg selfcheck`: the proof of a closed loop, again, on a run's own data. */
import { DataError } from '../errors.ts';
import { runPaths } from '../run/index.ts';
import { type Check, methodNamed, proveLoop } from '../train/index.ts';
import { loadPairs, openRun } from './run-state.ts';

/** @throws DataError for a run whose method has no feedback. */
export async function selfcheck(root: string): Promise<Check[]> {
  const { plan, data } = openRun(runPaths(root));
  if (!methodNamed(plan.method).feedback) {
    throw new DataError(
      `${root}: a run of method ${plan.method} has no feedback to check; use a run of --method genseg`,
    );
  }
  using pairs = await loadPairs(data, plan);
  return proveLoop(plan, pairs);
}
