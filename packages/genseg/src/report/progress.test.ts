import { expect, test } from 'vitest';
import { eventData, type RunEvent, type TrainEvents, type TrainEventType } from '../run/index.ts';
import { nextProgress, progressLine, progressNote, startOfProgress } from './progress.ts';

const event = <T extends TrainEventType>(type: T, data: TrainEvents[T]): RunEvent => ({
  id: 1,
  time: '2025-01-01T00:00:00Z',
  step: 7,
  type,
  data: eventData(data),
});
const resume: RunEvent = { ...event('checkpoint', { done: 7 }), type: 'resume', data: {} };
const start = event('start', {
  method: 'genseg',
  seed: 0,
  labels: 14,
  stages: [
    { name: 'pretrain', steps: 300 },
    { name: 'train', steps: 400 },
  ],
});
const progress = event('progress', {
  stage: 'train',
  done: 100,
  steps: 400,
  losses: { generator: 12.34, segmentation: 0.2134, discriminator: 0.7 },
  secondsLeft: 92.4,
});
const level = (moved: number) => ({
  name: 'decoder 1',
  weights: [0.5, 0.5],
  hypergradient: 1,
  moved,
});
const story = [
  start,
  event('stage', { name: 'train', steps: 400 }),
  event('validation', { done: 60, dice: 0.915, loss: 0.2, best: true }),
  event('validation', { done: 80, dice: 0.912, loss: 0.2, best: false }),
  event('architecture', { done: 90, levels: [level(0.3), level(0.4)], candidates: ['4', '6'] }),
  progress,
];
const after = (...events: RunEvent[]) => events.reduce(nextProgress, startOfProgress);

test('the line tells stage, bar, steps, time left, Dice, loss and the movement of alpha', () => {
  expect(progressLine(after(...story), { columns: 200 })).toBe(
    'genseg training  ━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  100/400  1 min 32 s left  ' +
      'Dice 0.912  kept 0.915  loss 0.213  alpha moved 0.5  generator 12.3  discriminator 0.7',
  );
});

test('it has no bar where it does not change in place', () => {
  expect(progressLine(after(...story), { columns: 60, bar: false })).toBe(
    'genseg training  100/400  1 min 32 s left  Dice 0.912',
  );
});

test.each([120, 80, 40, 20, 5])('it is never wider than %i columns', (columns) => {
  const line = progressLine(after(...story), { columns });
  expect(line.length).toBeLessThanOrEqual(columns);
  expect('genseg training').toContain(line.slice(0, Math.min(15, columns)));
});

test('what is not known is not shown', () => {
  expect(progressLine(startOfProgress)).toBe('');
  const state = after(start, event('stage', { name: 'pretrain', steps: 300 }));
  expect(progressLine(state)).toBe(`genseg pre-training  ${'╌'.repeat(24)}    0/300`);
});

test('a new stage forgets the losses and the time of the last, a new run everything', () => {
  expect(after(...story, event('stage', { name: 'evaluate', steps: 2 }))).toMatchObject({
    losses: {},
    secondsLeft: Number.NaN,
    done: 0,
    validation: { kept: 0.915 },
  });
  expect(after(...story, start)).toEqual({ ...startOfProgress, method: 'genseg' });
});

test('evaluation counts its sets', () => {
  const scores = { set: 'test', dice: 0.93149, low: 0.92, high: 0.94, cases: 53 };
  const evaluation = event('evaluation', scores);
  const stage = event('stage', { name: 'evaluate', steps: 2 });
  expect(after(...story, stage, evaluation)).toMatchObject({ done: 1, steps: 2 });
  expect(progressNote(evaluation)).toBe('test: Dice 0.931 [0.920, 0.940] on 53 cases');
  expect(progressNote(event('evaluation', { ...scores, scored: 50 }))).toMatch(
    / on 50 scored of 53 cases$/,
  );
});

test('the self-check, start, resumption and end leave lines; the others none', () => {
  const checks = [
    { name: 'differentiable', passed: true, value: '12 levels', explanation: 'why' },
    { name: 'cosine', passed: false, value: '0.31', explanation: 'why' },
  ];
  expect(progressNote(event('selfcheck', { passed: false, checks }))).toBe(
    'self-check FAILED\n  ✓ differentiable: 12 levels\n  ✗ cosine: 0.31',
  );
  expect(progressNote(start)).toBe(
    'genseg: 14 labelled images, seed 0, pre-training 300 steps, training 400 steps',
  );
  expect(progressNote(resume)).toBe('resumed after step 7');
  expect(progressNote(event('end', { reason: 'finished', message: '', seconds: 192 }))).toBe(
    'finished after 3 min 12 s',
  );
  expect(progressNote(progress)).toBeNull();
});

test('values that JSON could not hold are dashes, not a crash', () => {
  const torn = { ...progress, data: { ...progress.data, losses: { segmentation: null } } };
  expect(progressLine(after(start, torn), { columns: 200 })).toContain('loss –');
});
