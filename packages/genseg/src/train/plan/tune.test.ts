import { configure, environment } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks, discs, tinyPlan } from '../../../test/tiny.ts';
import { trainConfigSchema } from '../../run/index.ts';
import { type Setting, type Trial, trialOf, tune, tuned } from './tune.ts';

checkLeaks();

const open = { precision: true, imageLayout: false, threads: true };
const decisions = [
  { name: 'precision', value: 'fp32', reason: 'before' },
  { name: 'image layout', value: 'contiguous', reason: 'before' },
  { name: 'threads', value: 4, reason: 'before' },
];
const plan = tinyPlan({ imageLayout: 'contiguous', threads: 4, decisions });

/** Seconds of a step by setting, and a loss that bf16 and channels-last images have otherwise by a share. */
const timed =
  (seconds: (setting: Setting) => number, apart = 0.001) =>
  (setting: Setting): Trial => {
    const each = seconds(setting);
    const other = setting.precision === 'bf16' || setting.imageLayout === 'channels-last';
    const losses = other ? [1, 0.8 * (1 + apart)] : [1, 0.8];
    return { seconds: each, processor: each * setting.threads, losses };
  };

type Found = Omit<Setting, 'imageLayout'>;

test.each<[string, number, number, Found]>([
  ['is taken where it is faster and agrees', 0.1, 0.001, { precision: 'bf16', threads: 4 }],
  ['is not taken where it gains little', 0.18, 0.001, { precision: 'fp32', threads: 4 }],
  ['is not taken where losses differ', 0.1, 0.03, { precision: 'fp32', threads: 4 }],
  ['is not taken where its loss is no number', 0.1, Number.NaN, { precision: 'fp32', threads: 4 }],
])('bf16 %s', (_, half, apart, expected) => {
  const seconds = ({ precision, threads }: Setting) =>
    ((precision === 'bf16' ? half : 0.2) * 4) / threads;
  expect(tune(plan, open, timed(seconds, apart))).toMatchObject(expected);
});

test.each<[string, number, number, Setting['imageLayout']]>([
  ['is taken where it is faster and agrees', 0.16, 0.001, 'channels-last'],
  ['is not taken where it gains little', 0.18, 0.001, 'contiguous'],
  ['is not taken where losses differ', 0.16, 0.03, 'contiguous'],
])('the other image layout %s', (_, last, apart, expected) => {
  const seconds = ({ imageLayout, threads }: Setting) =>
    ((imageLayout === 'channels-last' ? last : 0.2) * 4) / threads;
  const layoutOnly = { precision: false, imageLayout: true, threads: false };
  const tuned = tune(plan, layoutOnly, timed(seconds, apart));
  expect(tuned).toMatchObject({ imageLayout: expected, precision: 'fp32', threads: 4 });
  expect(tuned.decisions[1]).toEqual({
    name: 'image layout',
    value: expected,
    reason: `a step takes ${4000 * last} ms of processor time with channels-last images, 800 ms with contiguous images; their losses differ by ${(100 * apart).toPrecision(2)} %`,
  });
});

test.each<[string, number[], { milliseconds: number; precision: Setting['precision'] }]>([
  [
    'is near the limit is tried again, until it is not',
    [0.17, 0.12],
    { milliseconds: 120, precision: 'bf16' },
  ],
  [
    'stays near it is tried three times',
    [0.17, 0.18, 0.16],
    { milliseconds: 160, precision: 'bf16' },
  ],
  [
    'is slow throughout is not taken',
    [0.175, 0.18, 0.19],
    { milliseconds: 175, precision: 'fp32' },
  ],
  ['is far from the limit is tried once', [0.1], { milliseconds: 100, precision: 'bf16' }],
])('bf16 that %s', (_, times, { milliseconds, precision }) => {
  const left = [...times];
  const seconds = (setting: Setting) => (setting.precision === 'bf16' ? left.shift()! : 0.2);
  const alone = { precision: true, imageLayout: false, threads: false };
  const tuned = tune(plan, alone, timed(seconds));
  expect(left).toEqual([]);
  expect(tuned.precision).toBe(precision);
  expect(tuned.decisions[0].reason).toContain(`${milliseconds} ms of processor time in bf16`);
});

test('fp32 that was slowed once is not judged by that', () => {
  const left = [0.25, 0.2, 0.2];
  const seconds = ({ precision }: Setting) => (precision === 'bf16' ? 0.19 : left.shift()!);
  const alone = { precision: true, imageLayout: false, threads: false };
  expect(tune(plan, alone, timed(seconds)).precision).toBe('fp32');
  expect(left).toEqual([]);
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

test('fewer threads take one step where that is too slow to win, and the plan says so', () => {
  const take = ({ threads }: Setting, hopeless?: number): Trial => {
    const seconds = { 4: 1, 2: 0.5, 1: 0.8 }[threads]!;
    const losses = hopeless !== undefined && seconds > hopeless ? [1] : [1, 0.8];
    return { seconds, processor: seconds, losses };
  };
  const { threads, decisions } = tune(plan, { ...open, precision: false }, take);
  expect(threads).toBe(2);
  expect(decisions[2].reason).toBe(
    'a step takes 1000 ms with 4, 500 ms with 2, 800 ms with 1 (one step only)',
  );
});

test('no setting is tried twice', () => {
  const tried: string[] = [];
  const seconds = ({ precision, imageLayout, threads }: Setting) => {
    tried.push(`${precision} ${imageLayout} ${threads}`);
    return (precision === 'bf16' ? 0.1 : 0.2) * threads;
  };
  const all = { ...open, imageLayout: true };
  const tuned = tune({ ...plan, threads: 2 }, all, timed(seconds));
  expect(tuned).toMatchObject({ precision: 'bf16', imageLayout: 'contiguous', threads: 1 });
  expect(tried).toEqual([
    'fp32 contiguous 1',
    'bf16 contiguous 1',
    'bf16 channels-last 1',
    'bf16 contiguous 2',
  ]);
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
    { name: 'image layout', value: 'contiguous', reason: 'before' },
    { name: 'threads', value: 4, reason: 'a step takes 100 ms with 4, 100 ms with 2' },
  ]);
});

test('what the user decided is not tried, nor anything on a GPU', () => {
  const never = () => {
    throw new Error('a trial');
  };
  expect(tune(plan, { precision: false, imageLayout: false, threads: false }, never)).toEqual(plan);
  const onGpu = tinyPlan({ device: 'cuda' });
  expect(tune(onGpu, open, never)).toBe(onGpu);
});

test('a trial takes the same steps in each setting, up to rounding', () => {
  using train = discs('train', 5);
  using validation = discs('validation', 2);
  const { threads, imageLayout } = environment();
  const trial = trialOf(plan, { train, validation }, { enoughSeconds: Number.POSITIVE_INFINITY });
  const [full, again, half] = (['fp32', 'fp32', 'bf16'] as const).map((precision) =>
    trial({ precision, imageLayout: 'channels-last', threads: threads + 1 }),
  );
  const other = trial({ precision: 'fp32', imageLayout: 'contiguous', threads: threads + 1 });
  const first = trial({ precision: 'fp32', imageLayout: 'contiguous', threads: threads + 1 }, 0);
  expect(environment()).toMatchObject({ threads: threads + 1, imageLayout: 'contiguous' });
  configure({ threads, imageLayout });
  expect(full.seconds).toBeGreaterThan(0);
  expect(full.processor).toBeGreaterThan(0);
  expect(full.losses).toHaveLength(3);
  expect(again.losses).toEqual(full.losses);
  expect(first.losses).toEqual(other.losses.slice(0, 1));
  expect(first.seconds).toBeGreaterThan(0);
  expect(half.losses).not.toEqual(full.losses);
  half.losses.forEach((loss, i) => {
    expect(Math.abs(loss / full.losses[i] - 1)).toBeLessThan(0.02);
    expect(Math.abs(other.losses[i] / full.losses[i] - 1)).toBeLessThan(1e-4);
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
