/**
 * A round as its events tell it, run by run: curves, architecture, previews, the end. Events may come twice, after a
 * lost connection, and a `resume` event voids what came after the checkpoint that it goes on from.
 */
import type { EventData, MethodName, RoundEvent, RunEvent, TrainEvents } from '../../api.ts';
import { groupBy } from '../words/group-by.ts';

/** A value at a step of its stage; `step` is that of the run, by which it may be voided. */
export interface Sample<T> {
  readonly step: number;
  readonly done: number;
  readonly value: T;
}

export interface LiveRun {
  readonly method: MethodName;
  /** Of the last event. */
  readonly lastId: number;
  readonly progress: EventData<'progress'> | null;
  /** Mean losses by name, with the stage they are of. */
  readonly losses: readonly Sample<{ stage: string; values: Readonly<Record<string, number>> }>[];
  readonly validation: readonly Sample<EventData<'validation'>>[];
  readonly architecture: readonly Sample<EventData<'architecture'>>[];
  readonly previews: readonly Sample<string>[];
  readonly selfcheck: EventData<'selfcheck'> | null;
  readonly scores: readonly EventData<'evaluation'>[];
  readonly end: EventData<'end'> | null;
}

export type LiveRound = ReadonlyMap<MethodName, LiveRun>;

const newRun = (method: MethodName): LiveRun => ({
  ...{ method, lastId: 0, progress: null, losses: [], validation: [], architecture: [] },
  ...{ previews: [], selfcheck: null, scores: [], end: null },
});

/** The round after more events, in the order they came; the same object where all were known already. */
export function withEvents(round: LiveRound, events: readonly RoundEvent[]): LiveRound {
  const byMethod = groupBy(events, ({ method }) => method);
  const next = new Map(round);
  let changed = false;
  for (const [method, some] of byMethod) {
    const before = next.get(method) ?? newRun(method);
    const fresh = some.map(({ event }) => event).filter(({ id }) => id > before.lastId);
    if (fresh.length === 0) continue;
    next.set(method, after(before, fresh));
    changed = true;
  }
  return changed ? next : round;
}

/** Lists are copied once for a batch, not once for an event. */
function after(before: LiveRun, events: readonly RunEvent[]): LiveRun {
  const run = {
    ...before,
    losses: [...before.losses],
    validation: [...before.validation],
    architecture: [...before.architecture],
    previews: [...before.previews],
    scores: [...before.scores],
  };
  for (const event of events) enter(run, event);
  return run;
}

type Draft = {
  -readonly [K in keyof LiveRun]: LiveRun[K] extends readonly (infer T)[] ? T[] : LiveRun[K];
};

/** The event's data by its type, as TrainEvents says. */
const dataOf = <T extends keyof TrainEvents>(event: RunEvent, type: T): TrainEvents[T] | null =>
  event.type === type ? (event.data as unknown as TrainEvents[T]) : null;

function enter(run: Draft, event: RunEvent): void {
  const { step } = event;
  if (event.id <= run.lastId) return;
  run.lastId = event.id;
  if (event.type === 'resume') {
    forget(run, step);
    return;
  }

  const progress = dataOf(event, 'progress');
  if (progress) {
    const { stage, losses, done } = progress;
    run.progress = progress;
    run.end = null;
    run.losses.push({ step, done, value: { stage, values: losses } });
  }
  const validation = dataOf(event, 'validation');
  if (validation) run.validation.push({ step, done: validation.done, value: validation });
  const architecture = dataOf(event, 'architecture');
  if (architecture) run.architecture.push({ step, done: architecture.done, value: architecture });
  const preview = dataOf(event, 'preview');
  if (preview) run.previews.push({ step, done: preview.done, value: preview.file });
  run.selfcheck = dataOf(event, 'selfcheck') ?? run.selfcheck;
  const score = dataOf(event, 'evaluation');
  if (score) run.scores = [...run.scores.filter(({ set }) => set !== score.set), score];
  run.end = dataOf(event, 'end') ?? run.end;
}

function forget(run: Draft, step: number): void {
  const upTo = <T>(samples: Sample<T>[]) => samples.filter((sample) => sample.step <= step);
  run.losses = upTo(run.losses);
  run.validation = upTo(run.validation);
  run.architecture = upTo(run.architecture);
  run.previews = upTo(run.previews);
  run.end = null;
}
