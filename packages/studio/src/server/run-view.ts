/** How a run stands, from its folder alone: the server may have been started a moment ago. */
import { existsSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import {
  endOf,
  isLocked,
  lockHolder,
  type RunEvent,
  readEvents,
  runPaths,
  type TrainEvents,
} from 'genseg/run';
import type { RunState, RunSummary } from '../api.ts';
import type { RunPlace } from './round-files.ts';

export interface RunContext {
  /** The project. */
  readonly root: string;
  /** Whether the round's own process is at work. */
  readonly roundAlive: boolean;
  /** Whether the round was asked to stop. */
  readonly stopping: boolean;
  /** Why it failed before it had events. */
  readonly failure: string | null;
}

export function summariseRun({ method, folder }: RunPlace, context: RunContext): RunSummary {
  const paths = runPaths(folder);
  const { events, told } = storyOf(paths.events);
  const alive = isLocked(paths.lock);
  const state = stateOf({ ...context, events, alive, begun: existsSync(paths.plan) });
  return {
    ...{ method, state },
    folder: relative(context.root, folder),
    ...told,
    model: existsSync(paths.bestModel),
    message: state === 'failed' ? (context.failure ?? told.message) : null,
  };
}

/** The processes that train it: those that a signal must reach. */
export const runHolder = (folder: string) => lockHolder(runPaths(folder).lock);

interface Circumstances extends RunContext {
  readonly events: readonly RunEvent[];
  readonly alive: boolean;
  readonly begun: boolean;
}

function stateOf(run: Circumstances): RunState {
  if (run.alive) return run.stopping ? 'stopping' : run.events.length > 0 ? 'running' : 'starting';
  const end = endOf(run.events);
  const reason = end && (end.data as TrainEvents['end']).reason;
  if (reason === 'finished') return 'finished';
  if (run.failure !== null || reason === 'failed') return 'failed';
  if (reason === 'interrupted') return 'paused';
  if (!run.begun && run.events.length === 0) return 'waiting';
  return run.roundAlive ? 'starting' : 'killed';
}

type Told = Pick<
  RunSummary,
  'stage' | 'done' | 'steps' | 'secondsLeft' | 'validationDice' | 'scores' | 'message'
>;

const stories = new Map<string, { stamp: string; events: RunEvent[]; told: Told }>();

/** Read again only when the file has changed. */
function storyOf(path: string): { events: readonly RunEvent[]; told: Told } {
  const stat = statSync(path, { throwIfNoEntry: false });
  const stamp = stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : '-';
  const known = stories.get(path);
  if (known?.stamp === stamp) return known;
  const events = stat ? readEvents(path) : [];
  const story = { stamp, events, told: tellOf(events) };
  stories.set(path, story);
  return story;
}

function tellOf(events: readonly RunEvent[]): Told {
  const all = <T extends keyof TrainEvents>(wanted: T) =>
    events
      .filter(({ type }) => type === wanted)
      .map(({ data }) => data as unknown as TrainEvents[T]);
  const stage = all('stage').at(-1);
  const progress = all('progress').findLast((one) => one.stage === stage?.name);
  const dices = all('validation').map(({ dice }) => dice);
  const scores = new Map(all('evaluation').map((one) => [one.set, one]));
  return {
    stage: stage?.name ?? null,
    done: progress?.done ?? 0,
    steps: progress?.steps ?? stage?.steps ?? 0,
    secondsLeft: progress?.secondsLeft ?? null,
    validationDice: dices.length > 0 ? Math.max(...dices) : null,
    scores: [...scores.values()],
    message: all('end').at(-1)?.message ?? null,
  };
}
