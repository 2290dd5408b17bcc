import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { DataError } from '../errors.ts';
import { acquireLock, isLocked, lockHolder } from './lock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
  path = join(folder, 'run.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const holder = () => JSON.parse(readFileSync(path, 'utf8'));
/** What a process that has died leaves; no process has so high a number. */
const dead = { pid: 2 ** 22 + 1, host: hostname(), started: '1' };
const leaveLock = (content: object) => writeFileSync(path, JSON.stringify(content));
/** A guard beside the lock, of one that was taking it over. */
const leaveGuard = (content: object) => {
  mkdirSync(`${path}.takeover`);
  writeFileSync(join(`${path}.takeover`, 'a'), JSON.stringify(content));
};

test('one holds the lock at a time, until it is released', () => {
  const lock = acquireLock(path);
  expect(holder()).toMatchObject({ pid: process.pid, host: hostname() });
  expect(() => acquireLock(path)).toThrow(DataError);
  expect(() => acquireLock(path)).toThrow(`${folder} is in use by process ${process.pid} on`);
  lock[Symbol.dispose]();
  expect(existsSync(path)).toBe(false);
  acquireLock(path)[Symbol.dispose]();
});

test('the lock of another living process is respected', async () => {
  const child = spawn(process.execPath, ['--eval', 'setTimeout(() => {}, 60_000)']);
  await once(child, 'spawn');
  using _ = acquireLock(path);
  const started = existsSync(`/proc/${child.pid}/stat`) ? startTicks(child.pid!) : null;
  leaveLock({ pid: child.pid, host: hostname(), started });
  expect(() => acquireLock(path)).toThrow(`process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(() => acquireLock(path)).not.toThrow();
});

/** This process as a holder. */
const self = () => ({
  ...{ pid: process.pid, host: hostname() },
  started: existsSync('/proc/self/stat') ? startTicks(process.pid) : null,
});

/** When a process started, from `ps`-like parsing that is independent of the lock's. */
const startTicks = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').match(/\) \S+(?: -?\d+){18} (\d+)/)![1];

test('the holder is told, but no dead one', () => {
  expect(lockHolder(path)).toBe(null);
  const lock = acquireLock(path);
  expect(lockHolder(path)).toMatchObject({ pid: process.pid, host: hostname() });
  lock[Symbol.dispose]();
  leaveLock({
    pid: spawnSync(process.execPath, ['--version']).pid,
    host: hostname(),
    started: '1',
  });
  expect(lockHolder(path)).toBe(null);
});

test('the lock of a dead process is taken over', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  leaveLock({ pid, host: hostname(), started: '1' });
  using _ = acquireLock(path);
  expect(holder().pid).toBe(process.pid);
  expect(readdirSync(folder)).toEqual(['run.lock']);
});

test.runIf(process.platform === 'linux')(
  'a process id that is used again is not the holder',
  () => {
    leaveLock({ pid: process.pid, host: hostname(), started: '1' });
    using _ = acquireLock(path);
    expect(holder().started).not.toBe('1');
  },
);

test('a lock of another machine cannot be judged and is respected', () => {
  leaveLock({ pid: 1, host: 'elsewhere', started: null });
  expect(() => acquireLock(path)).toThrow(
    `process 1 on elsewhere; wait for it or stop it, or delete ${path} if it is gone`,
  );
});

test('a lock that is just being written is respected', () => {
  writeFileSync(path, '');
  expect(() => acquireLock(path)).toThrow('another process that starts');
});

test.each(['', '{"pid":', 'null'])(
  'a lock that was never written, %j, is taken over after some seconds',
  (content) => {
    writeFileSync(path, content);
    const tenSecondsAgo = Date.now() / 1000 - 10;
    utimesSync(path, tenSecondsAgo, tenSecondsAgo);
    expect(lockHolder(path)).toBe(null);
    using _ = acquireLock(path);
    expect(holder().pid).toBe(process.pid);
    expect(readdirSync(folder)).toEqual(['run.lock']);
  },
);

/** In a child process: lock.ts as `module`. */
const importLock = `
  import { runnerImport } from 'vite';
  const { module } = await runnerImport(${JSON.stringify(fileURLToPath(new URL('lock.ts', import.meta.url)))});`;

test('a process killed while it writes its lock leaves none', async () => {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    ${importLock}
    fs.writeFileSync = (path, data, { flag = 'w' }) => {
      fs.openSync(path, flag);
      process.kill(process.pid, 'SIGKILL');
    };
    syncBuiltinESMExports();
    module.acquireLock(${JSON.stringify(path)});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  expect(readdirSync(folder)).toEqual([`.run.lock.${child.pid}.tmp`]);
  using _ = acquireLock(path);
  expect(holder().pid).toBe(process.pid);
});

test('on a disk without links one holds the lock at a time too', () => {
  const { linkSync } = fs;
  onTestFinished(() => {
    fs.linkSync = linkSync;
    syncBuiltinESMExports();
  });
  fs.linkSync = () => {
    throw Object.assign(new Error('operation not permitted, link'), { code: 'EPERM' });
  };
  syncBuiltinESMExports();
  const lock = acquireLock(path);
  expect(lockHolder(path)).toMatchObject({ pid: process.pid });
  expect(() => acquireLock(path)).toThrow(`in use by process ${process.pid}`);
  expect(readdirSync(folder)).toEqual(['run.lock']);
  lock[Symbol.dispose]();
  expect(readdirSync(folder)).toEqual([]);
});

test('only one process takes over at a time', () => {
  leaveLock({ pid: process.pid, host: hostname(), started: '1' });
  writeFileSync(`${path}.takeover`, '');
  expect(() => acquireLock(path)).toThrow(`delete ${path}.takeover if it is gone`);
});

test('a process that takes over is waited for, wherever it is', () => {
  for (const { host, started } of [self(), { host: 'elsewhere', started: null }]) {
    leaveLock(dead);
    leaveGuard({ pid: process.pid, host, started });
    expect(() => acquireLock(path)).toThrow(
      `another process that starts; wait for it or stop it, or delete ${path}.takeover if it is gone`,
    );
    expect(readdirSync(folder)).toEqual(['run.lock', 'run.lock.takeover']);
    rmSync(`${path}.takeover`, { recursive: true });
  }
});

test.each([true, false])('the guard of a dead process is taken over; lock left: %s', (left) => {
  if (left) leaveLock(dead);
  leaveGuard(dead);
  using _ = acquireLock(path);
  expect(holder()).toEqual(self());
  expect(readdirSync(folder)).toEqual(['run.lock']);
});

test('a guard that has no holder is no obstacle', () => {
  leaveLock(dead);
  mkdirSync(`${path}.takeover`);
  using _ = acquireLock(path);
  expect(readdirSync(folder)).toEqual(['run.lock']);
});

test('the guard of a dead process that another has taken meanwhile is left to it', () => {
  leaveLock(dead);
  leaveGuard(dead);
  const guard = `${path}.takeover`;
  const { rmSync: remove } = fs;
  onTestFinished(() => {
    fs.rmSync = remove;
    syncBuiltinESMExports();
  });
  fs.rmSync = (...call) => {
    if (readdirSync(guard).join() === 'a') {
      remove(join(guard, 'a'));
      writeFileSync(join(guard, 'b'), JSON.stringify(self()));
    }
    remove(...call);
  };
  syncBuiltinESMExports();
  expect(() => acquireLock(path)).toThrow(`delete ${guard} if it is gone`);
  expect(readdirSync(guard)).toEqual(['b']);
  expect(holder()).toEqual(dead);
});

test('a process killed while it takes over leaves a guard, which the next one takes', async () => {
  leaveLock(dead);
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    ${importLock}
    const { rmSync } = fs;
    fs.rmSync = (path, options) =>
      path === ${JSON.stringify(path)} ? process.kill(process.pid, 'SIGKILL') : rmSync(path, options);
    syncBuiltinESMExports();
    module.acquireLock(${JSON.stringify(path)});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  expect(readdirSync(folder)).toEqual(['run.lock', 'run.lock.takeover']);
  using _ = acquireLock(path);
  expect(holder().pid).toBe(process.pid);
  expect(readdirSync(folder)).toEqual(['run.lock']);
});

/**
 * A process that asks for the lock when it is told to, and answers with what came of it. Before some of its calls of
 * the system it sleeps, so that those of others come between any two of them.
 */
function startAsker() {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { createInterface } from 'node:readline';
    ${importLock}
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (const name of ['linkSync', 'renameSync', 'rmSync', 'rmdirSync', 'readFileSync', 'existsSync']) {
      const real = fs[name];
      fs[name] = (...values) => {
        if (Math.random() < 0.25) Atomics.wait(clock, 0, 0, 8);
        return real(...values);
      };
    }
    syncBuiltinESMExports();
    let lock;
    console.log('ready');
    const ask = () => {
      lock = module.acquireLock(${JSON.stringify(path)});
      return 'held';
    };
    const release = () => {
      lock[Symbol.dispose]();
      return 'released';
    };
    for await (const line of createInterface({ input: process.stdin }))
      try {
        console.log(line === 'release' ? release() : ask());
      } catch (error) {
        console.log(error.message);
      }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    pid: child.pid!,
    answer: async (): Promise<string> => (await lines.next()).value,
    tell: (line: 'ask' | 'release') => child.stdin.write(`${line}\n`),
  };
}

test('of several processes that ask at once for what the dead left, one gets it', async () => {
  const askers = Array.from({ length: 4 }, startAsker);
  for (const asker of askers) expect(await asker.answer()).toBe('ready');
  for (let round = 0; round < 40; round++) {
    if (round % 4 > 0) leaveLock(dead);
    if (round % 4 < 3) leaveGuard(dead);
    for (const { tell } of askers) tell('ask');
    const answers = await Promise.all(askers.map(({ answer }) => answer()));
    const winners = askers.filter((_, i) => answers[i] === 'held');
    expect(winners.length, answers.join('\n')).toBe(1);
    expect(answers.filter((answer) => answer.includes(' is in use by ')).length).toBe(3);
    expect(holder().pid).toBe(winners[0].pid);
    winners[0].tell('release');
    expect(await winners[0].answer()).toBe('released');
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a lock that cannot be read may be held', () => {
  expect(isLocked(path)).toBe(false);
  mkdirSync(path, { recursive: true });
  expect(() => lockHolder(path)).toThrow(/Cannot read who holds .*run\.lock/);
  expect(isLocked(path)).toBe(true);
});
