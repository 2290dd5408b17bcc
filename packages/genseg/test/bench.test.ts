/** genseg bench and the report of its folder, as a user runs them: a suite of two cells. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { lockHolder, runPaths } from '../src/run/index.ts';
import { discFolder, genseg, jsonOf, start } from './command-line.ts';
import { temporaryFolder } from './data/fixtures.ts';

test('a suite: planned, run, and not run again until its data change', async () => {
  const data = await discFolder('disc', 10);
  const folder = await temporaryFolder();
  const suite = join(folder, 'trial.yaml');
  const out = join(folder, 'out');
  writeFileSync(
    suite,
    `tasks: [{ name: discs, data: ${data}, options: { size: 32, iterations: 4, precision: fp32, imageLayout: contiguous } }]
methods: [plain, augment]
labels: 6
draws: 1
`,
  );
  const bench = (...options: string[]) => genseg('bench', suite, '--out', out, ...options);

  const planned = await bench('--dry-run');
  expect(planned.code, planned.stderr).toBe(0);
  expect(planned.stdout).toMatch(
    new RegExp(`^to do +genseg train ${data} --method plain --labels 6 --seed 0 --size 32`, 'm'),
  );
  expect(planned.stdout).toMatch(/^2 cells, 0 done$/m);
  expect(planned.stdout).toMatch(/^discs augment: \d+ s$/m);
  expect(existsSync(join(out, 'results.json'))).toBe(false);

  const ended = await bench('--jobs', '2', '--json');
  expect(ended.code, ended.stderr).toBe(0);
  expect(jsonOf(ended)).toMatchObject({ failed: 0, cells: 2 });
  const table = () => readFileSync(join(out, 'results.csv'), 'utf8').trim().split('\n');
  expect(table()).toHaveLength(3);
  const record = JSON.parse(readFileSync(join(out, 'cells', 'discs-6-plain-0.json'), 'utf8'));
  const { dice } = record.result.sets.test.mean;
  expect(table()[1]).toContain(`,done,test,4,${dice},`);

  const tested = join(out, 'runs', 'discs-6-plain-0', 'eval', 'test');
  expect(readdirSync(tested).sort()).toEqual(['cases.csv', 'overlays', 'summary.json']); // no trust.json
  expect(readdirSync(join(tested, 'overlays'))).toHaveLength(record.result.sets.test.cases.length);

  const reported = await genseg('report', out);
  expect(reported.code, reported.stderr).toBe(0);
  expect(reported.stdout).toMatch(/At 6 labelled images, beside augmentation, Plain helped on/);
  for (const file of ['report.html', 'report.md']) expect(existsSync(join(out, file))).toBe(true);
  expect((await genseg('report', out, out)).code).toBe(2);

  const again = await bench();
  expect(again.stderr).not.toMatch(/begins/);
  // The command that stands beside a cell gives its result again.
  const [, command] = /,(genseg train [^"]*)$/.exec(table()[1])!;
  const repeated = await genseg(
    ...command.replace(`${out}/runs/discs-6-plain-0`, join(folder, 'repeated')).split(' ').slice(1),
    '--json',
  );
  expect(repeated.code, repeated.stderr).toBe(0);
  expect((jsonOf(repeated).sets as typeof record.result.sets).test.mean.dice).toBe(dice);

  // Of a cell that is done only the best model is left: nothing to go on from, and nothing is lost by the attempt.
  const run = join(out, 'runs', 'discs-6-plain-0');
  const events = readFileSync(join(run, 'events.jsonl'), 'utf8');
  const resumed = await genseg('resume', run);
  expect(resumed.code).toBe(1);
  expect(resumed.stderr).toMatch(/has finished, and only its best model was kept/);
  expect(readFileSync(join(run, 'events.jsonl'), 'utf8')).toBe(events);

  rmSync(join(data, 'images', 'disc-9.png'));
  rmSync(join(data, 'masks', 'disc-9.png'));
  expect((await bench('--dry-run')).stdout.match(/^changed, again/gm)).toHaveLength(2);
});

test('one bench at a time works in a folder; when its terminal closes, its trainings store a checkpoint', async () => {
  const data = await discFolder('disc', 10);
  const folder = await temporaryFolder();
  const suite = join(folder, 'long.yaml');
  const out = join(folder, 'out');
  writeFileSync(
    suite,
    `tasks: [{ name: discs, data: ${data}, options: { size: 32, iterations: 100000 } }]
methods: [plain]
labels: 6
draws: 1
`,
  );
  const bench = ['bench', suite, '--out', out];
  const { child, ended } = start(...bench);
  const run = runPaths(join(out, 'runs', 'discs-6-plain-0'));
  while (child.exitCode === null && !existsSync(run.metrics)) await sleep(20);

  const second = await genseg(...bench);
  expect([second.code, second.stderr]).toEqual([
    1,
    expect.stringMatching(`^error: ${out} is in use by process ${child.pid} on`),
  ]);
  const planned = await genseg(...bench, '--dry-run');
  expect(planned.code, planned.stderr).toBe(0);
  expect(planned.stdout).toMatch(/^goes on/m);

  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  child.kill('SIGHUP');
  await sleep(20);
  child.kill('SIGHUP'); // from the shell as well
  expect((await ended).code).toBe(130);
  expect(existsSync(run.checkpoints.last)).toBe(true);
  expect([lockHolder(run.lock), existsSync(join(out, 'bench.lock'))]).toEqual([null, false]);
  const record = JSON.parse(readFileSync(join(out, 'cells', 'discs-6-plain-0.json'), 'utf8'));
  expect([record.result, record.error]).toEqual([null, null]);

  const again = start(...bench);
  while (again.child.exitCode === null && !lockHolder(run.lock)) await sleep(20);
  process.kill(lockHolder(run.lock)!.pid, 'SIGKILL');
  const { code, stderr } = await again.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('discs-6-plain-0 is unfinished: ended by SIGKILL');
  expect(stderr).toContain(`unfinished: discs-6-plain-0; go on with: genseg bench ${suite}`);
});
