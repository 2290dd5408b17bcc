/**
 * The processes that train rounds (round-child.ts): started, told to stop, and found again. Neither the server's end nor
 * the browser's ends one; whether it lives is known by its lock, so a new server finds it.
 */
import { closeSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { isLocked, lockHolder } from 'genseg/run';
import { ownProgram, spawnNode } from './genseg.ts';
import type { Hub } from './hub.ts';
import { type RoundPaths, runsOf } from './round-files.ts';
import { runHolder } from './run-view.ts';

export interface RoundProcesses {
  isAlive(round: RoundPaths): boolean;
  /** Whether it was told to stop, and has not ended yet. */
  isStopping(round: RoundPaths): boolean;
  launch(round: RoundPaths): void;
  /** Ctrl-C, once, for all that trains the round; genseg stores a checkpoint. */
  interrupt(round: RoundPaths): void;
}

/** @param root the folder of the project */
export function createRoundProcesses(root: string, hub: Hub): RoundProcesses {
  /** Folders of rounds that were told to stop, until they have. */
  const stopping = new Set<string>();
  /** Folders of rounds whose process has not taken its lock yet, with its id. */
  const starting = new Map<string, number>();

  const tell = (folder: string) => hub.publish('round', { name: basename(folder) });

  return {
    isAlive(round) {
      const { folder, lock } = round;
      const alive =
        starting.has(folder) ||
        isLocked(lock) ||
        runsOf(round).some((run) => runHolder(run.folder) !== null);
      if (!alive) stopping.delete(folder);
      return alive;
    },
    isStopping: ({ folder }) => stopping.has(folder),
    launch({ folder, lock, log }) {
      const output = openSync(log, 'a');
      const child = spawnNode(ownProgram('round-child.js'), [folder, root], {
        detached: true,
        stdio: ['ignore', output, output],
      });
      closeSync(output);
      if (child.pid !== undefined) starting.set(folder, child.pid);
      const settled = () => {
        starting.delete(folder);
        stopping.delete(folder);
        tell(folder);
      };
      child.on('exit', settled);
      child.on('error', settled);
      child.unref();
      const waiting = setInterval(() => {
        if (starting.has(folder) && !isLocked(lock)) return;
        starting.delete(folder);
        clearInterval(waiting);
      }, 50);
      tell(folder);
    },
    interrupt(round) {
      const { folder, lock } = round;
      if (stopping.has(folder)) return; // a second signal would abort
      stopping.add(folder);
      const leader = lockHolder(lock)?.pid ?? starting.get(folder);
      const runs = runsOf(round).flatMap((run) => runHolder(run.folder) ?? []);
      const targets = leader === undefined ? runs.map(({ pid }) => pid) : [-leader];
      for (const pid of targets) process.kill(pid, 'SIGINT');
      tell(folder);
    },
  };
}
