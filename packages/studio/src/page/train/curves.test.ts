import { expect, test } from 'vitest';
import type { RoundEvent, RunEvent } from '../../api.ts';
import { architectureLines, levelsByMovement, lossLines, validationLines } from './curves.ts';
import { withEvents } from './round-store.ts';

const event = (id: number, type: string, data: object): RoundEvent => ({
  method: 'genseg',
  event: { id, step: id, type, time: '', data: data as RunEvent['data'] },
});
const level = (name: string, weights: number[], moved: number) => ({
  name,
  weights,
  moved,
  hypergradient: 1,
});
const round = withEvents(new Map(), [
  event(1, 'progress', {
    stage: 'pretrain',
    done: 5,
    steps: 9,
    secondsLeft: 1,
    losses: { generator: 3 },
  }),
  event(2, 'progress', {
    stage: 'train',
    done: 10,
    steps: 20,
    secondsLeft: 1,
    losses: { segmentation: 0.5 },
  }),
  event(3, 'progress', {
    stage: 'train',
    done: 20,
    steps: 20,
    secondsLeft: 1,
    losses: { segmentation: null, synthetic: 0.2 },
  }),
  event(4, 'validation', { done: 10, dice: 0.8, loss: 0.3, best: true }),
  event(5, 'architecture', {
    done: 10,
    candidates: ['4x4', '6x6'],
    levels: [level('a', [0.5, 0.5], 0.1), level('b', [0.4, 0.6], 0.7)],
  }),
  event(6, 'architecture', {
    done: 20,
    candidates: ['4x4', '6x6'],
    levels: [level('a', [0.6, 0.4], 0.2), level('b', [0.3, 0.7], 0.9)],
  }),
]);
const run = round.get('genseg')!;

test('losses are those of their stage; a loss that was not finite leaves a gap', () => {
  expect(lossLines(run, 'pretrain', 'gan').map(({ label, points }) => [label, points])).toEqual([
    ['generator', [[5, 3]]],
  ]);
  expect(lossLines(run, 'train', 'gan')).toEqual([]);
  expect(lossLines(run, 'train', 'masks').map(({ label, points }) => [label, points])).toEqual([
    ['on training pairs', [[10, 0.5]]],
    ['synthetic', [[20, 0.2]]],
  ]);
});

test('methods without a validation yet have no line', () => {
  expect(validationLines(round, ['plain', 'genseg'])).toEqual([
    { label: 'GenSeg', colour: '--run-genseg', points: [[10, 0.8]] },
  ]);
});

test('the level that moved most is first, its candidates are lines over time', () => {
  expect(levelsByMovement(run).map(({ name }) => name)).toEqual(['b', 'a']);
  expect(architectureLines(run, 'b').map(({ label, points }) => [label, points])).toEqual([
    [
      '4x4',
      [
        [10, 0.4],
        [20, 0.3],
      ],
    ],
    [
      '6x6',
      [
        [10, 0.6],
        [20, 0.7],
      ],
    ],
  ]);
});
