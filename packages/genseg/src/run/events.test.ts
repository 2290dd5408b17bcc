import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { EventLog, endOf, readEvents } from './events.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const ids = (afterId?: number) => readEvents(path, afterId).map((event) => event.id);

test('events are read as they were written, with ids from 1', () => {
  using log = new EventLog(path);
  const event = log.append('train', 5, { loss: 0.5, note: 'a "quoted"\nline' });
  log.append('validate', 10);
  expect(readEvents(path)[0]).toEqual(event);
  expect(event).toMatchObject({ id: 1, step: 5, type: 'train' });
  expect(new Date(event.time).getTime()).toBeGreaterThan(Date.now() - 60_000);
  expect(readEvents(path)[1]).toMatchObject({ id: 2, step: 10, type: 'validate', data: {} });
});

test('a reader that has seen some events gets the later ones', () => {
  using log = new EventLog(path);
  for (const step of [1, 2, 3]) log.append('train', step);
  expect(ids(2)).toEqual([3]);
  expect(ids(3)).toEqual([]);
});

test('a torn last line is ignored by readers and removed by the next writer', () => {
  {
    using log = new EventLog(path);
    log.append('train', 1);
  }
  appendFileSync(path, '{"id":2,"time":"2025-0');
  expect(ids()).toEqual([1]);
  using log = new EventLog(path);
  log.append('train', 2);
  expect(ids()).toEqual([1, 2]);
});

test('a resumed run repeats its steps without duplicates and never uses an id twice', () => {
  {
    using log = new EventLog(path);
    for (const step of [1, 2, 3, 4]) log.append('train', step);
  }
  using log = new EventLog(path);
  log.truncateAfter(2);
  for (const step of [3, 4]) log.append('train', step);
  const events = readEvents(path).map(({ id, step, type }) => [id, step, type]);
  expect(events).toEqual([
    [1, 1, 'train'],
    [2, 2, 'train'],
    [5, 2, 'resume'],
    [6, 3, 'train'],
    [7, 4, 'train'],
  ]);
  // A reader that had seen id 4 before the crash learns of the resumption and misses nothing.
  expect(ids(4)).toEqual([5, 6, 7]);
});

test('a run that starts anew keeps no event, also none of step 0', () => {
  using log = new EventLog(path);
  for (const step of [0, 0, 1]) log.append('train', step);
  log.truncateAfter(-1);
  expect(readEvents(path)).toMatchObject([{ id: 4, step: 0, type: 'resume' }]);
});

test('ids go on also when the process is killed right after truncating', () => {
  {
    using log = new EventLog(path);
    for (const step of [1, 2, 3]) log.append('train', step);
    log.truncateAfter(0);
  }
  using log = new EventLog(path);
  expect(log.append('train', 1).id).toBe(5);
});

test('a run has ended when nothing follows its end, whatever it went on with', () => {
  using log = new EventLog(path);
  const reason = () => endOf(readEvents(path))?.data.reason;
  expect(reason()).toBe(undefined);
  log.append('stage', 0);
  log.append('end', 5, { reason: 'interrupted' });
  expect(reason()).toBe('interrupted');
  log.truncateAfter(5); // and killed before anything else came
  expect(reason()).toBe(undefined);
  log.append('progress', 6);
  expect(reason()).toBe(undefined);
  log.append('end', 7, { reason: 'finished' });
  expect(reason()).toBe('finished');
});

test.each([
  ['not JSON', 'nonsense'],
  ['not an event', '{"step": 1}'],
  ['not an event', 'null'],
])('a whole line that is %s is an error that names it', (what, line) => {
  writeFileSync(path, `{"id":1,"step":0}\n${line}\n`);
  expect(() => readEvents(path)).toThrow(DataError);
  expect(() => readEvents(path)).toThrow(`${path} line 2 is ${what}`);
});
