/** Precision, image layout and threads by measuring: those in which a few steps of the segmentation model are fastest. */
import { configure, type Environment } from '@genseg/torch';
import { type Decision, isScript, type TrainConfig } from '../../run/index.ts';
import type { SessionData } from '../batches.ts';
import { augment } from '../method.ts';
import { Session } from '../session.ts';
import { type Plan, sessionOptions } from './plan.ts';

export type Setting = Pick<Plan, 'precision' | 'imageLayout' | 'threads'>;

export interface Trial {
  /**
   * Of the fastest step after one that warms up, or of the only one; on the clock, and of all threads together, which
   * hardly hangs on what else runs.
   */
  seconds: number;
  processor: number;
  /** Of all steps. */
  losses: readonly number[];
}

/**
 * Takes the same steps in any setting.
 * @param hopeless seconds: a first step that takes longer is the only one.
 */
export type Take = (setting: Setting, hopeless?: number) => Trial;

/** What may still be chosen. */
export interface Open {
  precision: boolean;
  imageLayout: boolean;
  threads: boolean;
}

interface Choice<T> {
  value: T;
  reason: string;
}

/**
 * How many times faster a setting must be to be taken instead of fp32, of the layout that is the faster one as a rule
 * and of more threads. Far from 1, since noise shall not decide: the setting decides the last digits of the results.
 */
const worthwhile = 1.2;
/** How many times slower than the best a first step is that is the only one: more than warming up explains. */
const hopelessly = 1.5;
/**
 * Up to so many trials are taken while the ratio of times is this near to `worthwhile`, as a factor: one step slowed by what
 * else the machine does can put it on the other side.
 */
const mostTrials = 3;
const near = 1.15;
/** How far losses may lie from those in fp32 and in the usual layout, relatively. */
const tolerance = 0.02;
/** Steps of a trial at most; slow ones are two, or one where that is too slow, so that the user's first step is not far. */
const mostSteps = 3;
const patience = 0.5; // seconds

/** @returns the plan with the setting that is best by `take`, and why. */
export function tune(plan: Plan, open: Open, take: Take): Plan {
  if (plan.device !== 'cpu') return plan;
  const trials = new Trials(take);
  const { imageLayout } = plan;
  const precision = open.precision
    ? better(
        ['fp32', 'bf16'],
        (precision) => ({ precision, imageLayout, threads: 1 }),
        (name) => `in ${name}`,
        trials,
      )
    : { value: plan.precision };
  const layout = open.imageLayout
    ? better(
        [imageLayout, imageLayout === 'contiguous' ? 'channels-last' : 'contiguous'],
        (imageLayout) => ({ precision: precision.value, imageLayout, threads: 1 }),
        (name) => `with ${name} images`,
        trials,
      )
    : { value: imageLayout };
  const chosen = { precision: precision.value, imageLayout: layout.value };
  const threads =
    open.threads && plan.threads > 1
      ? betterThreads(plan.threads, (threads, hopeless) =>
          trials.of({ ...chosen, threads }, hopeless),
        )
      : { value: plan.threads };
  const found = new Map<string, Partial<Decision>>([
    ['precision', precision],
    ['image layout', layout],
    ['threads', threads],
  ]);
  const decisions = plan.decisions.map((decision) => ({
    ...decision,
    ...found.get(decision.name),
  }));
  return { ...plan, ...chosen, threads: threads.value, decisions };
}

/** Of each setting the best that its trials have shown. */
class Trials {
  readonly #take: Take;
  readonly #best = new Map<string, Trial>();

  constructor(take: Take) {
    this.#take = take;
  }

  /** Takes a trial where there was none. */
  of(setting: Setting, hopeless?: number): Trial {
    return this.#best.get(key(setting)) ?? this.again(setting, hopeless);
  }

  /** Takes one more. What slows a step is other work, so that the least of each time is nearest to the truth. */
  again(setting: Setting, hopeless?: number): Trial {
    const before = this.#best.get(key(setting));
    const trial = this.#take(setting, hopeless);
    const best = before
      ? {
          ...before,
          seconds: Math.min(before.seconds, trial.seconds),
          processor: Math.min(before.processor, trial.processor),
        }
      : trial;
    this.#best.set(key(setting), best);
    return best;
  }
}

const key = ({ precision, imageLayout, threads }: Setting): string =>
  `${precision} ${imageLayout} ${threads}`;

/**
 * The other value where it is much faster and computes the same, else the usual one. Processor time on one thread
 * decides, which hardly hangs on what else the machine does.
 */
function better<T extends string>(
  [usual, other]: readonly [T, T],
  settingOf: (value: T) => Setting,
  inWords: (value: T) => string,
  trials: Trials,
): Choice<T> {
  let [kept, tried] = [trials.of(settingOf(usual)), trials.of(settingOf(other))];
  const steps = Math.min(kept.losses.length, tried.losses.length);
  const shares = tried.losses.slice(0, steps).map((loss, i) => Math.abs(loss / kept.losses[i] - 1));
  const apart = Math.max(...shares);
  const agrees = apart <= tolerance;
  for (let taken = 1; agrees && taken < mostTrials && isNear(kept, tried); taken++)
    [kept, tried] = [trials.again(settingOf(usual)), trials.again(settingOf(other))];
  const good = agrees && kept.processor >= worthwhile * tried.processor;
  const times = `${ms(tried.processor)} of processor time ${inWords(other)}, ${ms(kept.processor)} ${inWords(usual)}`;
  const difference = `${(100 * apart).toPrecision(2)} %`;
  return {
    value: good ? other : usual,
    reason: `a step takes ${times}; their losses differ by ${difference}`,
  };
}

/** Whether noise may have decided. */
function isNear(kept: Trial, tried: Trial): boolean {
  const beyond = kept.processor / tried.processor / worthwhile;
  return beyond < near && beyond > 1 / near;
}

/**
 * Halves them for as long as that is much faster, as with small images or beside other work. Where the first step is
 * much slower, no second is taken: earlier trials have warmed up most of what there is.
 */
function betterThreads(
  most: number,
  trial: (threads: number, hopeless?: number) => Trial,
): Choice<number> {
  let best = { threads: most, ...trial(most) };
  const found = [best];
  for (let threads = most >> 1; threads >= 1; threads >>= 1) {
    const fewer = { threads, ...trial(threads, hopelessly * best.seconds) };
    found.push(fewer);
    if (best.seconds < worthwhile * fewer.seconds) break;
    best = fewer;
  }
  const times = found.map(
    ({ threads, seconds, losses }) =>
      `${ms(seconds)} with ${threads}${losses.length > 1 ? '' : ' (one step only)'}`,
  );
  return { value: best.threads, reason: `a step takes ${times.join(', ')}` };
}

const ms = (seconds: number): string => `${Math.round(1000 * seconds)} ms`;

/**
 * Steps on real pairs with a model that is thrown away; leaves the process with the settings of the last trial.
 * @param enoughSeconds after which no further step is taken.
 */
export function trialOf(plan: Plan, data: SessionData, { enoughSeconds = patience } = {}): Take {
  return ({ precision, imageLayout, threads }, hopeless = Number.POSITIVE_INFINITY) => {
    configure({ imageLayout, threads });
    const options = { ...sessionOptions({ ...plan, precision }), method: augment };
    using session = new Session(options, data);
    const losses: number[] = [];
    const seconds: number[] = [];
    const processor: number[] = [];
    const begun = performance.now();
    const since = (start: number) => (performance.now() - start) / 1000;
    while (losses.length < 2 || (losses.length < mostSteps && since(begun) < enoughSeconds)) {
      const [start, used] = [performance.now(), process.cpuUsage()];
      losses.push(...session.trainStep().losses.values());
      seconds.push(since(start));
      const { user, system } = process.cpuUsage(used);
      processor.push((user + system) / 1e6);
      if (seconds[0] > hopeless) break;
    }
    const best = ([first, ...others]: readonly number[]) =>
      Math.min(...(others.length ? others : [first]));
    return { seconds: best(seconds), processor: best(processor), losses };
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
    {
      precision: config.precision === 'auto' && cpu.bf16 && !isScript(plan.model),
      imageLayout: config.imageLayout === 'auto' && !cpu.avx512,
      threads: config.threads === null,
    },
    trialOf(plan, data),
  );
