import { configure, environment } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks, discs, tinyPlan } from '../../../test/tiny.ts';
import { trainConfigSchema } from '../../run/index.ts';
import { type Setting, type Trial, trialOf, tune, tuned } from './tune.ts';

checkLeaks();

const open = { precision: true, threads: true };
const decisions = [
  { name: 'precision', value: 'fp32', reason: 'before' },
  { name: 'threads', value: 4, reason: 'before' },
];
const plan = tinyPlan({ threads: 4, decisions });

/** Seconds of a step by setting, and a loss that bf16 has otherwise by a share. */
const timed =
  (seconds: (setting: Setting) => number, apart = 0.001) =>
  (setting: Setting): Trial => {
    const each = seconds(setting);
    const losses = setting.precision === 'bf16' ? [1, 0.8 * (1 + apart)] : [1, 0.8];
    return { seconds: each, processor: each * setting.threads, losses };
  };

test.each<[string, number, number, Setting]>([
  ['is taken where it is faster and agrees', 0.1, 0.001, { precision: 'bf16', threads: 4 }],
  ['is not taken where it gains little', 0.18, 0.001, { precision: 'fp32', threads: 4 }],
  ['is not taken where losses differ', 0.1, 0.03, { precision: 'fp32', threads: 4 }],
  ['is not taken where its loss is no number', 0.1, Number.NaN, { precision: 'fp32', threads: 4 }],
])('bf16 %s', (_, half, apart, expected) => {
  const seconds = ({ precision, threads }: Setting) =>
    ((precision === 'bf16' ? half : 0.2) * 4) / threads;
  expect(tune(plan, open, timed(seconds, apart))).toMatchObject(expected);
});

test('fewer threads are tried by halves for as long as they are much faster', () => {
  const tried: number[] = [];
  const seconds = ({ threads }: Setting) => {
    tried.push(threads);
    return { 16: 4, 8: 2, 4: 1.5, 2: 1.4, 1: 0.1 }[threads]!;
  };
  const tuned = tune({ ...plan, threads: 16 }, { ...open, precision: false }, timed(seconds));
  expect(tuned.threads).toBe(4);
  expect(tried).toEqual([16, 8, 4, 2]);
});

test('no setting is tried twice', () => {
  const tried: string[] = [];
  const seconds = ({ precision, threads }: Setting) => {
    tried.push(`${precision} ${threads}`);
    return (precision === 'bf16' ? 0.1 : 0.2) * threads;
  };
  const tuned = tune({ ...plan, threads: 2 }, open, timed(seconds));
  expect(tuned).toMatchObject({ precision: 'bf16', threads: 1 });
  expect(tried).toEqual(['fp32 1', 'bf16 1', 'bf16 2']);
});

test('the plan tells what was measured', () => {
  const seconds = ({ precision }: Setting) => (precision === 'bf16' ? 0.1 : 0.2);
  expect(tune(plan, open, timed(seconds)).decisions).toEqual([
    {
      name: 'precision',
      value: 'bf16',
      reason:
        'a step takes 100 ms of processor time in bf16, 200 ms in fp32; their losses differ by 0.10 %',
    },
    { name: 'threads', value: 4, reason: 'a step takes 100 ms with 4, 100 ms with 2' },
  ]);
});

test('what the user decided is not tried, nor anything on a GPU', () => {
  const never = () => {
    throw new Error('a trial');
  };
  expect(tune(plan, { precision: false, threads: false }, never)).toEqual(plan);
  const onGpu = tinyPlan({ device: 'cuda' });
  expect(tune(onGpu, open, never)).toBe(onGpu);
});

test('a trial takes the same steps in each setting, up to rounding', () => {
  using train = discs('train', 5);
  using validation = discs('validation', 2);
  const { threads } = environment();
  const trial = trialOf(plan, { train, validation }, { enoughSeconds: Number.POSITIVE_INFINITY });
  const [full, again, half] = (['fp32', 'fp32', 'bf16'] as const).map((precision) =>
    trial({ precision, threads: threads + 1 }),
  );
  expect(environment().threads).toBe(threads + 1);
  configure({ threads });
  expect(full.seconds).toBeGreaterThan(0);
  expect(full.processor).toBeGreaterThan(0);
  expect(full.losses).toHaveLength(3);
  expect(again.losses).toEqual(full.losses);
  expect(half.losses).not.toEqual(full.losses);
  half.losses.forEach((loss, i) => {
    expect(Math.abs(loss / full.losses[i] - 1)).toBeLessThan(0.02);
  });
});

test('settings of a command that leaves none open, and the precision of a script, are not tried', () => {
  using train = discs('train', 2);
  using validation = discs('validation', 1);
  const config = (flags: object) => trainConfigSchema.parse({ data: '.', out: '.', ...flags });
  const cpu = { ...environment().cpu, bf16: true };
  const given = { config: config({ precision: 'fp32', threads: 4 }), cpu };
  expect(tuned(plan, { train, validation }, given)).toEqual(plan);
  const script = { ...plan, model: 'own.pt' };
  expect(tuned(script, { train, validation }, { config: config({ threads: 4 }), cpu })).toEqual(
    script,
  );
});
