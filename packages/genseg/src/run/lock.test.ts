import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  existsSync,
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
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { DataError } from '../errors.ts';
import { acquireLock, lockHolder } from './lock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
  path = join(folder, 'run.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const holder = () => JSON.parse(readFileSync(path, 'utf8'));
const leaveLock = (content: object) => writeFileSync(path, JSON.stringify(content));

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

test('a process killed while it writes its lock leaves none', async () => {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { runnerImport } from 'vite';
    const { module } = await runnerImport(${JSON.stringify(fileURLToPath(new URL('lock.ts', import.meta.url)))});
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
