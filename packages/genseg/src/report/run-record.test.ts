import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { fixtureRun, type RunFixture } from '../../test/report/fixtures.ts';
import { DataError } from '../errors.ts';
import { EventLog, eventData } from '../run/index.ts';
import { eventsOf, readRun } from './run-record.ts';

const newRun = async (fixture: RunFixture) =>
  fixtureRun(join(await temporaryFolder(), 'run'), fixture);

test('a whole run tells all', async () => {
  const run = readRun(await newRun({ sets: ['zebra', 'test'] }));
  expect(run).toMatchObject({ name: 'run', method: 'genseg', status: 'finished' });
  expect([...run.sets.keys()]).toEqual(['zebra', 'test']); // as they were evaluated
  expect(run.splits).toMatchObject({ train: ['t1', 't2', 't3'], validation: ['t4'] });
  expect(run.plan?.decisions).toHaveLength(2);
  expect(run.manifest?.classes).toEqual(['background', 'lung']);
  expect(eventsOf(run, 'validation').map(({ data }) => data.done)).toEqual([
    10, 20, 30, 40, 50, 60, 70, 80, 90, 100,
  ]);
});

test('what is not there yet is null or empty', async () => {
  expect(readRun(await newRun({ reached: 'config' }))).toMatchObject({
    status: 'unfinished',
    plan: null,
    manifest: null,
    splits: null,
    environment: null,
    events: [],
    sets: new Map(),
  });
  expect(readRun(await newRun({ reached: 'half' }))).toMatchObject({
    status: 'interrupted',
    sets: new Map(),
  });
});

test('a run that goes on after an interruption is unfinished, and may end in a torn line', async () => {
  const root = await newRun({ reached: 'half' });
  const { paths } = readRun(root);
  {
    using log = new EventLog(paths.events);
    log.append('stage', 50, eventData<'stage'>({ name: 'train', steps: 100 }));
  }
  appendFileSync(paths.events, '{"id": 99');
  expect(readRun(root).status).toBe('unfinished');
});

test('a set evaluated later is found too, half-written ones are not', async () => {
  const root = await newRun({ sets: ['test', 'other'] });
  rmSync(join(root, 'eval', 'test', 'summary.json'));
  expect([...readRun(root).sets.keys()]).toEqual(['other']);
  rmSync(readRun(root).paths.events);
  expect([...readRun(root).sets.keys()]).toEqual(['other']);
});

test('refuses a folder that is no run, and a file that it does not understand, by name', async () => {
  expect(() => readRun('nowhere')).toThrow(DataError);
  const root = await newRun({ reached: 'half' });
  for (const text of ['nonsense', '{"decisions": 3}']) {
    writeFileSync(join(root, 'plan.json'), text);
    expect(() => readRun(root)).toThrow(DataError);
    expect(() => readRun(root)).toThrow(join(root, 'plan.json'));
  }
});
