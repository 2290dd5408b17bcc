/**
 * Learning-rate schedules: functions from the number of steps taken to a factor of the base rate.
 * The caller applies them: `optimizer.lr = base * schedule(step)` before step number `step` (from 0).
 */

export type Schedule = (step: number) => number;

/** Where `step` stands between `start` and `end`, 0 to 1. */
const progress = (step: number, start: number, end: number): number =>
  Math.min(1, Math.max(0, (step - start) / (end - start)));

function requireSteps(name: string, value: number, least: number): void {
  if (!(Number.isInteger(value) && value >= least))
    throw new TypeError(`${name} must be an integer >= ${least}, got ${value}`);
}

export const constant = (): Schedule => () => 1;

/** 1 for the first `hold` steps, then straight to 0 at `steps` (pix2pix: hold = half). */
export function linearDecay(steps: number, options: { hold?: number } = {}): Schedule {
  const { hold = 0 } = options;
  requireSteps('hold', hold, 0);
  requireSteps('steps', steps, hold + 1);
  return (step) => 1 - progress(step, hold, steps);
}

/** Half a cosine from 1 to `final` at `steps` (Loshchilov and Hutter 2017), after a linear rise over `warmup` steps. */
export function cosine(steps: number, options: { warmup?: number; final?: number } = {}): Schedule {
  const { warmup = 0, final = 0 } = options;
  requireSteps('warmup', warmup, 0);
  requireSteps('steps', steps, warmup + 1);
  return (step) =>
    step < warmup
      ? (step + 1) / (warmup + 1) // the first step moves already
      : final + ((1 - final) * (1 + Math.cos(Math.PI * progress(step, warmup, steps)))) / 2;
}

/** (1 - step / steps)^power, as nnU-Net with its power of .9. */
export function polynomial(steps: number, options: { power?: number } = {}): Schedule {
  const { power = 0.9 } = options;
  requireSteps('steps', steps, 1);
  return (step) => (1 - progress(step, 0, steps)) ** power;
}
