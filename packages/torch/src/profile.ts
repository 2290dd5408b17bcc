/**
 * What ran, for how long, how often, with how many FLOPs: every operator of LibTorch, backward passes
 * included, within ranges that the program names. The hook is native/profile.h, the counting flops.ts.
 *
 * Times are those of the calling processor: on CUDA, where operators are queued, an operator's time is
 * that of its queueing. The hook itself costs some microseconds a call, which fall to the caller's self time.
 */
import { type NativeProfile, native } from './binding.ts';
import { bytesOf, countedOperators, flopsOf, type Value } from './flops.ts';
import { refusePromise } from './lifetime.ts';

/** One call. Times are in microseconds. */
export interface ProfileEvent {
  /** The operator without `aten::`, or the range. */
  name: string;
  kind: 'operator' | 'range';
  /** The names of the ranges around it, joined by `/`; a range is in its own stage. */
  stage: string;
  /** Since the profile began. */
  start: number;
  duration: number;
  /** `duration` without that of the calls made within it. */
  self: number;
  thread: number;
  /** Of the tensors that it was given, those of lists included. */
  shapes: (readonly number[])[];
  /** null where they are not known, or counted by a call around this one. */
  flops: number | null;
  /** Sizes of the tensors given and returned, whether or not all of them were read. */
  bytes: number;
}

/** All calls of one name in one stage. Times are in microseconds. */
export interface OperatorTotal {
  name: string;
  kind: 'operator' | 'range';
  stage: string;
  calls: number;
  /** Calls within calls of the same name are in the outer ones' time. */
  total: number;
  self: number;
  /** null where they are not known. */
  flops: number | null;
  bytes: number;
}

export interface ProfileResult {
  /** In the order of their starts; no more than `mostEvents`. */
  events: ProfileEvent[];
  /** Of all calls; the largest self time first. */
  operators: OperatorTotal[];
  /** Calls that are in `operators` but, beyond the limit, not in `events`. */
  dropped: number;
}

export interface ProfileOptions {
  /** Events to keep, about 150 bytes each; sums go on beyond them. Default 100000. */
  mostEvents?: number;
  /** Begin paused. */
  paused?: boolean;
}

export class Profile {
  readonly #ranges: string[] = [];
  #state: 'running' | 'paused' | 'stopped' = 'paused';

  /** @internal */
  constructor({ mostEvents = 100_000, paused = false }: ProfileOptions) {
    if (!Number.isSafeInteger(mostEvents) || mostEvents < 0)
      throw new TypeError(
        `startProfile: mostEvents is ${mostEvents}, expected a whole number, 0 or more`,
      );
    native.startProfile(mostEvents, countedOperators);
    if (!paused) this.resume();
  }

  /** Names what `body` runs. Ranges nest; while the profile is paused, `body` runs unnamed. */
  range<T>(name: string, body: () => T): T {
    if (this.#state !== 'running') return body();
    this.#ranges.push(name);
    native.enterProfileRange(this.#ranges.join('/'), name);
    try {
      const result = body();
      refusePromise('range', result);
      return result;
    } finally {
      this.#ranges.pop();
      if (!this.#stopped) native.leaveProfileRange(); // `body` may have stopped it
    }
  }

  /** Until `resume`, operators are not recorded and cost nothing. */
  pause(): void {
    if (this.#state !== 'running') return;
    native.pauseProfile(true);
    this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    native.pauseProfile(false);
    this.#state = 'running';
  }

  get #stopped(): boolean {
    return this.#state === 'stopped';
  }

  /** Ends the profile; ranges that are open end here. @throws TypeError when it has ended already. */
  stop(): ProfileResult {
    if (this.#stopped) throw new TypeError('the profile was stopped already');
    return resultOf(this.#end());
  }

  #end(): NativeProfile {
    this.pause();
    this.#state = 'stopped';
    return native.stopProfile();
  }

  /** Ends the profile, if it runs, and forgets it. */
  [Symbol.dispose](): void {
    if (!this.#stopped) this.#end();
  }
}

/**
 * Starts to record every operator of this process. One profile runs at a time.
 *
 * @throws TorchError while another runs.
 * @example
 * using profile = startProfile();
 * profile.range('segmentation', () => step());
 * const { operators } = profile.stop();
 */
export const startProfile = (options: ProfileOptions = {}): Profile => new Profile(options);

interface Signature {
  name: string;
  kind: 'operator' | 'range';
  shapes: (readonly number[])[];
  flops: number | null;
  bytes: number;
}

function resultOf({ names, stages, dropped, ...raw }: NativeProfile): ProfileResult {
  const signatures = raw.signatures.map((code) => readSignature(code, names));
  const events: ProfileEvent[] = [];
  for (const [signature, stage, covered, start, duration, self, thread] of records(raw.events, 7)) {
    const { flops, ...what } = signatures[signature];
    const time = { stage: stages[stage], start, duration, self, thread };
    events.push({ ...what, ...time, flops: covered ? null : flops });
  }
  const operators = new Map<string, OperatorTotal>();
  for (const [signature, stage, covered, calls, total, self] of records(raw.totals, 6)) {
    const { name, kind, flops, bytes } = signatures[signature];
    const key = JSON.stringify([name, kind, stage]);
    const fresh = { ...{ name, kind, stage: stages[stage] }, calls: 0, total: 0, self: 0 };
    const sum = operators.get(key) ?? { ...fresh, flops: null, bytes: 0 };
    operators.set(key, sum);
    sum.calls += calls;
    sum.total += total;
    sum.self += self;
    sum.bytes += calls * bytes;
    if (flops !== null && !covered) sum.flops = (sum.flops ?? 0) + calls * flops;
  }
  return {
    events: events.sort((a, b) => a.start - b.start || b.duration - a.duration),
    operators: [...operators.values()].sort((a, b) => b.self - a.self),
    dropped,
  };
}

function* records(numbers: Float64Array, length: number): Generator<Float64Array> {
  for (let at = 0; at < numbers.length; at += length) yield numbers.subarray(at, at + length);
}

function readSignature([name, range, ...code]: number[], names: readonly string[]): Signature {
  const values: Value[] = [];
  for (let at = 0; at < code.length; ) {
    const [value, next] = readValue(code, at);
    values.push(value);
    at = next;
  }
  const [inputs = [], outputs = []] = values as (readonly Value[])[];
  return {
    name: names[name].replace(/^aten::/, ''),
    kind: range ? 'range' : 'operator',
    shapes: shapesOf(inputs),
    flops: range ? null : flopsOf(names[name], inputs, outputs),
    bytes: bytesOf(inputs) + bytesOf(outputs),
  };
}

/** Reads what native/profile.h encoded. @returns the value, and where the next begins. */
function readValue(code: readonly number[], at: number): [Value, number] {
  const [kind, first, rank] = code.slice(at, at + 3);
  if (kind === 0) return [null, at + 1];
  if (kind === 3) return [first === 1, at + 2];
  if (kind === 1) {
    const end = at + 3 + rank;
    return [{ shape: code.slice(at + 3, end), itemSize: first }, end];
  }
  const list: Value[] = [];
  let next = at + 2;
  for (let i = 0; i < first; i++) {
    const [value, after] = readValue(code, next);
    list.push(value);
    next = after;
  }
  return [list, next];
}

const shapesOf = (values: readonly Value[]): (readonly number[])[] =>
  values.flatMap((value) => {
    if (Array.isArray(value)) return shapesOf(value);
    return value && typeof value === 'object' && 'shape' in value ? [value.shape] : [];
  });

/** The events as JSON of Chrome's trace format, which ui.perfetto.dev opens; times in microseconds. */
export function profileTrace({ events, dropped }: ProfileResult): string {
  const lines = events.map(({ name, kind, stage, start, duration, thread, ...args }) =>
    JSON.stringify({
      ...{ name, cat: kind, ph: 'X', ts: start, dur: duration, pid: 1, tid: thread },
      args: { stage, ...args },
    }),
  );
  return `{"displayTimeUnit":"ms","otherData":{"dropped":${dropped}},"traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}
