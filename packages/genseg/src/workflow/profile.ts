/**
 * `--profile`: looks at a few steps of each stage of a run, so that a run of any length can be profiled,
 * and writes what it saw as a table and as a trace. Training is the same with it and without.
 */
import { type Profile, type ProfileResult, profileTrace, startProfile } from '@genseg/torch';
import { type RunPaths, writeFileAtomic } from '../run/index.ts';
import { methodNamed, type Observe, type Plan } from '../train/index.ts';
import { profileText } from './profile-text.ts';

/** Which times that a part runs in this process are looked at, from 0; the last not included. */
export interface Window {
  from: number;
  to: number;
}

/** After a step that warms caches up: two of pre-training, one interval of training, one validation. */
export function profileWindows({ recipe, method }: Plan): Record<string, Window> {
  const { interval, warmup } = recipe.architecture;
  const within = (steps: number, wanted: number, count: number): Window => {
    const from = Math.max(0, Math.min(wanted, steps - count));
    return { from, to: Math.min(steps, from + count) };
  };
  const { synthesises, feedback } = methodNamed(method);
  return {
    ...(synthesises && { pretrain: within(recipe.gan.pretrainSteps, 1, 2) }),
    // From the first upper step on, each interval holds one.
    train: within(recipe.segmentation.steps, Math.max(1, feedback ? warmup : 1), interval),
    validation: { from: 0, to: 1 },
  };
}

/** In the trace, about 200 bytes each. */
const mostEvents = 200_000;

/** Profiles the windows of the parts it is shown; what runs between them costs nothing. */
export class WindowedProfile implements Disposable {
  readonly #windows: ReadonlyMap<string, Window>;
  readonly #seen = new Map<string, number>();
  readonly #write: (result: ProfileResult) => void;
  #profile: Profile | null = null;
  #inside = false;
  #left: number;

  /** @param write gets the result, once. */
  constructor(windows: Readonly<Record<string, Window>>, write: (result: ProfileResult) => void) {
    this.#windows = new Map(Object.entries(windows));
    this.#write = write;
    this.#left = Object.values(windows).reduce((sum, { from, to }) => sum + to - from, 0);
  }

  readonly observe: Observe = (name, body) => {
    if (this.#inside) return this.#profile!.range(name, body);
    const window = this.#windows.get(name);
    if (!window) return body();
    const index = this.#seen.get(name) ?? 0;
    this.#seen.set(name, index + 1);
    if (index < window.from || index >= window.to) return body();
    this.#profile ??= startProfile({ paused: true, mostEvents });
    this.#profile.resume();
    this.#inside = true;
    try {
      return this.#profile.range(name, body);
    } finally {
      this.#inside = false;
      this.#profile.pause();
      this.#left--;
      if (this.#left === 0) this.#finish();
    }
  };

  #finish(): void {
    const profile = this.#profile;
    this.#profile = null;
    if (profile) this.#write(profile.stop());
  }

  /** Writes what there is, when the run ends before its windows do. */
  [Symbol.dispose](): void {
    this.#finish();
  }
}

/** The profile of a run, into its folder. */
export function profileRun(paths: RunPaths, plan: Plan): WindowedProfile {
  const windows = profileWindows(plan);
  return new WindowedProfile(windows, (result) => {
    writeFileAtomic(paths.profile.trace, profileTrace(result));
    writeFileAtomic(paths.profile.text, profileText(result, { plan, windows }));
  });
}
