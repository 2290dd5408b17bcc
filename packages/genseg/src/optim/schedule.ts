/**
 * Learning-rate schedules: functions from the number of steps taken to a factor of the base rate.
 * The caller applies them: `optimizer.lr = base * schedule(step)` before step number `step` (from 0).
 */

export type Schedule = (step: number) => number;

function requireSteps(name: string, value: number, least: number): void {
  if (!(Number.isInteger(value) && value >= least))
    throw new TypeError(`${name} must be an integer >= ${least}, got ${value}`);
}

export const constant = (): Schedule => () => 1;

/** Half a cosine from 1 to `final` at `steps` (Loshchilov and Hutter 2017), after a linear rise over `warmup` steps. */
export function cosine(steps: number, options: { warmup?: number; final?: number } = {}): Schedule {
  const { warmup = 0, final = 0 } = options;
  requireSteps('warmup', warmup, 0);
  requireSteps('steps', steps, warmup + 1);
  return (step) => {
    if (step < warmup) return (step + 1) / (warmup + 1); // the first step moves already
    const progress = Math.min(1, (step - warmup) / (steps - warmup));
    return final + ((1 - final) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
