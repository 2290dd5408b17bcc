/** Rounds of training: begun, paused, resumed, stopped; the processes that do it are in round-process.ts. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Round, RoundLabels, RunState, TrainingOptions } from '../api.ts';
import { notFound, RequestError } from './errors.ts';
import type { Hub } from './hub.ts';
import { comparedWith, labelsOf } from './labels.ts';
import { discard, isPlainName, type ProjectPaths } from './paths.ts';
import {
  type RoundPaths,
  readFailures,
  readRecord,
  roundPaths,
  runsOf,
  startOf,
  writeRecord,
} from './round-files.ts';
import { createRoundProcesses } from './round-process.ts';
import { summariseRun } from './run-view.ts';

export interface Rounds {
  /** The newest first. */
  all(): Round[];
  get(name: string): Round;
  paths(name: string): RoundPaths;
  begin(options: TrainingOptions): Round;
  pause(name: string): Round;
  resume(name: string): Round;
  stop(name: string): Round;
  remove(name: string): void;
}

/** From the one to be shown for a round to the least telling. */
const order: readonly RunState[] = [
  ...(['stopping', 'running', 'starting', 'failed', 'paused', 'killed', 'waiting'] as const),
  'finished',
];

export function createRounds(paths: ProjectPaths, hub: Hub): Rounds {
  const { isAlive, isStopping, launch, interrupt } = createRoundProcesses(paths.root, hub);

  const names = (): string[] =>
    existsSync(paths.runs)
      ? readdirSync(paths.runs, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
          .map(({ name }) => name)
          .filter((name) => runsOf(roundPaths(join(paths.runs, name))).length > 0)
      : [];
  const find = (name: string): RoundPaths => {
    const folder = join(paths.runs, name);
    if (isPlainName(name) && existsSync(folder)) return roundPaths(folder);
    throw notFound(`Round ${name}`);
  };

  const view = (name: string): Round => {
    const round = find(name);
    const roundAlive = isAlive(round);
    const stopping = isStopping(round);
    const failures = readFailures(round);
    const runs = runsOf(round).map((run) =>
      summariseRun(run, {
        ...{ root: paths.root, roundAlive, stopping },
        failure: failures[run.method] ?? null,
      }),
    );
    return {
      name,
      state: stateOf(
        runs.map(({ state }) => state),
        { roundAlive, stopping, ended: existsSync(round.finish) },
      ),
      startedAt: startOf(round),
      options: readRecord(round)?.options ?? null,
      runs,
      labels: labelsFor(name),
    };
  };

  const byAge = (): string[] =>
    names()
      .map((name) => ({ name, at: startOf(find(name)) ?? '' }))
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .map(({ name }) => name);

  const labelsFor = (name: string): RoundLabels | null => {
    const labels = labelsOf(runsOf(find(name)));
    if (!labels) return null;
    const older = byAge();
    const before = older
      .slice(0, older.indexOf(name))
      .reverse()
      .map((other) => labelsOf(runsOf(find(other))))
      .find((one) => one !== null);
    return comparedWith(labels, before ?? null);
  };

  const refuseOther = () => {
    const other = names().find((name) => isAlive(find(name)));
    if (!other) return;
    throw new RequestError(409, `${other} is being trained; pause it or wait until it is done`);
  };

  return {
    all: () => byAge().reverse().map(view),
    get: view,
    paths: find,
    begin(options) {
      refuseOther();
      let number = names().length + 1;
      while (existsSync(join(paths.runs, `round-${number}`))) number++;
      const name = `round-${number}`;
      const round = roundPaths(join(paths.runs, name));
      mkdirSync(round.folder, { recursive: true });
      writeRecord(round, options);
      launch(round);
      return view(name);
    },
    pause(name) {
      const round = find(name);
      if (!isAlive(round)) throw new RequestError(409, `${name} is not being trained`);
      interrupt(round);
      return view(name);
    },
    resume(name) {
      const round = find(name);
      if (!readRecord(round)) {
        const [run] = runsOf(round);
        throw new RequestError(
          409,
          `${name} was started by the command line; go on there: genseg resume ${run?.folder}`,
        );
      }
      refuseOther();
      rmSync(round.finish, { force: true });
      launch(round);
      return view(name);
    },
    stop(name) {
      const round = find(name);
      if (!readRecord(round)) {
        throw new RequestError(409, `${name} was started by the command line; stop it there`);
      }
      writeFileSync(round.finish, '');
      if (isAlive(round)) {
        interrupt(round);
      } else {
        refuseOther();
        launch(round);
      }
      return view(name);
    },
    remove(name) {
      const round = find(name);
      if (isAlive(round)) throw new RequestError(409, `${name} is being trained; pause it first`);
      discard(paths, round.folder);
      hub.publish('round', { name });
    },
  };
}

function stateOf(
  states: readonly RunState[],
  { roundAlive, stopping, ended }: { roundAlive: boolean; stopping: boolean; ended: boolean },
): RunState {
  if (roundAlive)
    return stopping ? 'stopping' : states.includes('running') ? 'running' : 'starting';
  // Stopped for good: methods that had not begun do not count.
  const counted = ended ? states.filter((state) => state !== 'waiting') : states;
  const shown = order.find((state) => counted.includes(state)) ?? 'waiting';
  // Between two methods the process was gone: there is something left to go on with.
  return shown === 'waiting' ? 'killed' : shown;
}
