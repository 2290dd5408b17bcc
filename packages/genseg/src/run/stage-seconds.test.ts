import { expect, test } from 'vitest';
import { stageSeconds } from './stage-seconds.ts';

const at = (second: number, type: string, data = {}) => ({
  id: second + 1,
  time: new Date(Date.UTC(2026, 0, 1) + 1000 * second).toISOString(),
  step: 0,
  type,
  data,
});

test('time belongs to the stage it was spent in; nothing before the first counts', () => {
  const events = [
    at(0, 'start'),
    at(7, 'stage', { name: 'pretrain' }),
    at(10, 'progress'),
    at(12, 'stage', { name: 'train' }),
    at(20, 'progress'),
    at(21, 'stage', { name: 'evaluate' }),
    at(24, 'evaluation'),
    at(25, 'end'),
  ];
  expect(stageSeconds(events)).toEqual({ pretrain: 5, train: 9, evaluate: 4 });
  expect(stageSeconds(events.slice(0, 1))).toEqual({});
});

test('a pause between a stop and its resume is no work', () => {
  const events = [
    at(0, 'stage', { name: 'train' }),
    at(5, 'progress'),
    at(1000, 'resume'),
    at(1003, 'progress'),
  ];
  expect(stageSeconds(events)).toEqual({ train: 8 });
});
