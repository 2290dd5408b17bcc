/** Precision and threads by measuring: those in which a few steps of the segmentation model are fastest. */
import { configure, type Environment } from '@genseg/torch';
import type { TrainConfig } from '../run/index.ts';
import type { SessionData } from './batches.ts';
import { augment } from './method.ts';
import { type Plan, sessionOptions } from './plan.ts';
import { Session } from './session.ts';

export type Setting = Pick<Plan, 'precision' | 'threads'>;

export interface Trial {
  /** Of the fastest step. */
  seconds: number;
  /** Of all steps. */
  losses: readonly number[];
}

/** What may still be chosen. */
export interface Open {
  precision: boolean;
  threads: boolean;
}

/**
 * How many times faster a setting must be to be taken instead of fp32 on all cores. Far from 1, since noise
 * shall not decide: the setting decides the last digits of the results.
 */
const worthwhile = 1.2;
/** How far losses in bf16 may lie from those in fp32, relatively. */
const tolerance = 0.02;
/** Steps of a trial at most; slow ones are two, so that the user's first step is not far. */
const mostSteps = 4;
const enoughSeconds = 2;

/** @param trial takes the same steps in any setting. @returns the plan with the setting that is best by it, and why. */
export function tune(plan: Plan, open: Open, trial: (setting: Setting) => Trial): Plan {
  if (plan.device !== 'cpu' || !(open.precision || open.threads)) return plan;
  let best: Setting & Trial = { ...settingOf(plan), ...trial(plan) };
  const reasons: Partial<Record<keyof Setting, string>> = {};
  if (open.precision) {
    const half = { ...best, ...trial({ ...best, precision: 'bf16' }) };
    const apart = Math.max(
      ...common(half.losses, best.losses).map(([a, b]) => Math.abs(a / b - 1)),
    );
    const agrees = apart <= tolerance;
    const times = `a step takes ${ms(half)} in bf16 and ${ms(best)} in fp32`;
    reasons.precision = `${times}; their losses differ by ${(100 * apart).toPrecision(2)} %`;
    if (agrees && best.seconds >= worthwhile * half.seconds) best = { ...half, precision: 'bf16' };
  }
  if (open.threads && plan.threads > 1) {
    const found = [best];
    for (let threads = plan.threads >> 1; threads >= 1; threads >>= 1) {
      const fewer = { ...best, ...trial({ ...best, threads }), threads };
      found.push(fewer);
      if (best.seconds < worthwhile * fewer.seconds) break;
      best = fewer;
    }
    const times = found.map((one) => `${ms(one)} with ${one.threads}`).join(', ');
    reasons.threads = `a step takes ${times}`;
  }
  const { precision, threads } = best;
  const decisions = plan.decisions.map((decision) => {
    const reason = reasons[decision.name as keyof Setting];
    return reason ? { ...decision, value: best[decision.name as keyof Setting], reason } : decision;
  });
  return { ...plan, precision, threads, decisions };
}

const settingOf = ({ precision, threads }: Setting): Setting => ({ precision, threads });

/** Steps that both have taken. */
const common = (a: readonly number[], b: readonly number[]): [number, number][] =>
  a.slice(0, b.length).map((value, i) => [value, b[i]]);

const ms = ({ seconds }: Trial): string => `${Math.round(1000 * seconds)} ms`;

/** Steps on real pairs with a model that is thrown away; leaves the process with the threads of the last trial. */
export function trialOf(plan: Plan, data: SessionData): (setting: Setting) => Trial {
  return ({ precision, threads }) => {
    configure({ threads });
    const options = { ...sessionOptions({ ...plan, precision }), method: augment };
    using session = new Session(options, data);
    const losses: number[] = [];
    const seconds: number[] = [];
    const begun = performance.now();
    const since = (start: number) => (performance.now() - start) / 1000;
    while (seconds.length < 2 || (seconds.length < mostSteps && since(begun) < enoughSeconds)) {
      const start = performance.now();
      losses.push(...session.trainStep().losses.values());
      seconds.push(since(start));
    }
    return { seconds: Math.min(...seconds.slice(1)), losses }; // the first step warms up
  };
}

/** The plan in what is fastest here, where the user left it open. */
export const tuned = (
  plan: Plan,
  data: SessionData,
  { config, cpu }: { config: TrainConfig; cpu: Environment['cpu'] },
): Plan =>
  tune(
    plan,
    { precision: config.precision === 'auto' && cpu.bf16, threads: config.threads === null },
    trialOf(plan, data),
  );
