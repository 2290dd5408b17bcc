/**
 * Rounds of training: begun, paused, resumed, stopped. Each trains in a process of its own that neither the
 * server's end nor the browser's ends; whether it lives is known by its lock, so a new server finds it again.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { lockHolder } from 'genseg/run';
import type { Round, RoundLabels, RunState, TrainingOptions } from '../api.ts';
import { notFound, RequestError } from './errors.ts';
import { ownProgram, spawnNode } from './genseg.ts';
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
import { runHolder, summariseRun } from './run-view.ts';

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
  /** Rounds that were asked to stop, until they have. */
  const stopping = new Set<string>();
  /** Rounds whose process has been started and has not taken its lock yet, with its id. */
  const starting = new Map<string, number>();

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
  const isAlive = (name: string): boolean => {
    const { folder, lock } = find(name);
    const alive =
      starting.has(name) ||
      lockHolder(lock) !== null ||
      runsOf(roundPaths(folder)).some((run) => runHolder(run.folder) !== null);
    if (!alive) stopping.delete(name);
    return alive;
  };

  const view = (name: string): Round => {
    const round = find(name);
    const roundAlive = isAlive(name);
    const failures = readFailures(round);
    const runs = runsOf(round).map((run) =>
      summariseRun(run, {
        root: paths.root,
        roundAlive,
        stopping: stopping.has(name),
        failure: failures[run.method] ?? null,
      }),
    );
    return {
      name,
      state: stateOf(
        runs.map(({ state }) => state),
        { roundAlive, stopping: stopping.has(name), ended: existsSync(round.finish) },
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

  /** Starts the round's process, which then is on its own. */
  const launch = (name: string) => {
    const round = find(name);
    const log = openSync(round.log, 'a');
    const child = spawnNode(ownProgram('round-child.js'), [round.folder, paths.root], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    if (child.pid !== undefined) starting.set(name, child.pid);
    const settled = () => {
      starting.delete(name);
      stopping.delete(name);
      hub.publish('round', { name });
    };
    child.on('exit', settled);
    child.on('error', settled);
    child.unref();
    const waiting = setInterval(() => {
      if (starting.has(name) && lockHolder(round.lock) === null) return;
      starting.delete(name);
      clearInterval(waiting);
    }, 50);
    hub.publish('round', { name });
  };

  /** Ctrl-C for all that trains the round; genseg stores a checkpoint. */
  const interrupt = (name: string) => {
    const round = find(name);
    stopping.add(name);
    const leader = lockHolder(round.lock)?.pid ?? starting.get(name);
    const runs = runsOf(round).flatMap(({ folder }) => runHolder(folder) ?? []);
    const targets = leader === undefined ? runs.map(({ pid }) => pid) : [-leader];
    for (const pid of targets) process.kill(pid, 'SIGINT');
    hub.publish('round', { name });
  };

  const refuseOther = () => {
    const other = names().find(isAlive);
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
      launch(name);
      return view(name);
    },
    pause(name) {
      if (!isAlive(name)) throw new RequestError(409, `${name} is not being trained`);
      if (!stopping.has(name)) interrupt(name); // a second signal would abort
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
      launch(name);
      return view(name);
    },
    stop(name) {
      const round = find(name);
      if (!readRecord(round)) {
        throw new RequestError(409, `${name} was started by the command line; stop it there`);
      }
      writeFileSync(round.finish, '');
      if (isAlive(name)) {
        if (!stopping.has(name)) interrupt(name);
      } else {
        refuseOther();
        launch(name);
      }
      return view(name);
    },
    remove(name) {
      if (isAlive(name)) throw new RequestError(409, `${name} is being trained; pause it first`);
      discard(paths, find(name).folder);
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
