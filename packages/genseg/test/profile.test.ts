/** genseg train --profile: what it sees, that it changes nothing, and the files it writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileResult } from '@genseg/torch';
import { expect, test } from 'vitest';
import { genseg, noProgress, type Observe, plain } from '../src/train/index.ts';
import { profileWindows, WindowedProfile } from '../src/workflow/profile.ts';
import { genseg as command, discFolder, quick } from './command-line.ts';
import { temporaryFolder } from './data/fixtures.ts';
import { checkLeaks, stateHash, tinyPlan, tinyRecipe, tinySession, tinyTrainer } from './tiny.ts';

checkLeaks();

/** Trains to the end. @returns all that training changes, as a hash. */
async function trained(observe?: Observe): Promise<string> {
  using tiny = tinySession(genseg, { observe });
  const progress = noProgress();
  expect(await tinyTrainer(tiny, { progress }).run()).toBe(true);
  return stateHash(await temporaryFolder(), tiny.session, progress);
}

test('a run that is profiled takes the same steps, and every level is seen', async () => {
  const results: ProfileResult[] = [];
  using profile = new WindowedProfile(profileWindows(tinyPlan()), (result) => results.push(result));
  expect(await trained(profile.observe)).toBe(await trained());
  expect(results.length).toBe(1);
  const [{ operators }] = results;
  const ranges = operators.filter(({ kind }) => kind === 'range');
  const calls = Object.fromEntries(ranges.map((range) => [range.stage, range.calls]));
  expect(calls).toEqual({
    pretrain: 2,
    'pretrain/discriminator': 2,
    'pretrain/discriminator/data': 2,
    'pretrain/generator': 2,
    'pretrain/generator/data': 2,
    train: 2, // one interval
    'train/discriminator': 1,
    'train/discriminator/data': 1,
    'train/generator': 1,
    'train/generator/data': 1,
    'train/segmentation': 2,
    'train/segmentation/data': 2,
    'train/architecture': 1,
    'train/architecture/data': 1,
    validation: 1,
  });
  const stagesOf = (name: string) =>
    new Set(operators.filter((one) => one.name === name).map(({ stage }) => stage));
  // Not that of convolution, which transposed convolutions run forwards.
  const backward = stagesOf('torch::autograd::CppNode<norm::Normalise>');
  for (const level of ['discriminator', 'generator', 'segmentation', 'architecture'])
    expect(backward).toContain(`train/${level}`);
  expect(backward).not.toContain('validation');
});

test('the windows: after a warm-up step, one interval with an upper step in it, within the run', () => {
  const windows = (steps: number, pretrainSteps: number, method = genseg) =>
    profileWindows(
      tinyPlan({
        method: method.name,
        recipe: {
          ...tinyRecipe,
          segmentation: { ...tinyRecipe.segmentation, steps },
          gan: { ...tinyRecipe.gan, pretrainSteps },
          architecture: { ...tinyRecipe.architecture, interval: 5, warmup: 10 },
        },
      }),
    );
  const validation = { from: 0, to: 1 };
  expect(windows(100, 50)).toEqual({
    ...{ pretrain: { from: 1, to: 3 }, train: { from: 10, to: 15 } },
    validation,
  });
  expect(windows(12, 2)).toEqual({
    ...{ pretrain: { from: 0, to: 2 }, train: { from: 7, to: 12 } },
    validation,
  });
  expect(windows(3, 0).train).toEqual({ from: 0, to: 3 });
  expect(windows(100, 50, plain)).toEqual({ train: { from: 1, to: 6 }, validation });
});

test('a run that fails or ends early still tells what was seen', () => {
  const results: ProfileResult[] = [];
  const write = (result: ProfileResult) => results.push(result);
  {
    using profile = new WindowedProfile({ train: { from: 1, to: 9 } }, write);
    profile.observe('train', () => {});
    profile.observe('elsewhere', () => {});
    expect(() =>
      profile.observe('train', () =>
        profile.observe('segmentation', () => {
          throw new Error('mine');
        }),
      ),
    ).toThrow('mine');
    expect(results).toEqual([]);
  }
  expect(results.length).toBe(1);
  expect(results[0].operators.map(({ stage, calls }) => [stage, calls]).sort()).toEqual([
    ['train', 1],
    ['train/segmentation', 1],
  ]);
  using unused = new WindowedProfile({ train: { from: 1, to: 9 } }, write);
  unused.observe('train', () => {});
  unused[Symbol.dispose]();
  expect(results.length).toBe(1);
});

test('genseg train --profile writes a table and a trace', async () => {
  const data = await discFolder('case', 6);
  const run = join(await temporaryFolder(), 'run');
  const { code, stderr } = await command(
    ...['train', data, '--out', run, ...quick('genseg'), '--profile'],
  );
  expect([code, stderr.match(/error.*/i)]).toEqual([0, null]);
  const text = readFileSync(join(run, 'profile.md'), 'utf8');
  expect(text).toMatch(/^Method genseg, model unet, 32 px, cpu, fp32, 1 threads\.$/m);
  for (const [stage, level] of [
    ['pretrain/generator', 'I'],
    ['train/segmentation', 'II'],
    ['train/architecture', 'III'],
    ['validation', ''],
  ])
    expect(text).toMatch(
      new RegExp(`^\\| ${stage} \\| ${level} \\| [1-9]\\d* \\| \\d+\\.\\d\\d \\|`, 'm'),
    );
  expect(text).toMatch(/^\| `convolution_backward` \| [1-9]\d* \|/m);
  const { traceEvents } = JSON.parse(readFileSync(join(run, 'profile.trace.json'), 'utf8')) as {
    traceEvents: { ph: string; ts: number; dur: number }[];
  };
  expect(traceEvents.length).toBeGreaterThan(100);
  expect(traceEvents.every(({ ph, dur }) => ph === 'X' && dur >= 0)).toBe(true);
  const starts = traceEvents.map(({ ts }) => ts);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
});
