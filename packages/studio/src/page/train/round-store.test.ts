import { expect, test } from 'vitest';
import type { MethodName, RoundEvent, RunEvent } from '../../api.ts';
import { type LiveRound, withEvents } from './round-store.ts';

const event = (
  id: number,
  step: number,
  type: string,
  data: object = {},
  method: MethodName = 'genseg',
): RoundEvent => ({
  method,
  event: { id, step, type, time: '', data: data as RunEvent['data'] },
});
const progress = (id: number, done: number) =>
  event(id, done, 'progress', {
    stage: 'train',
    done,
    steps: 100,
    losses: { seg: 1 / done },
    secondsLeft: 9,
  });
const validation = (id: number, done: number, dice: number) =>
  event(id, done, 'validation', { done, dice, loss: 1, best: true });
const none: LiveRound = new Map();

test('each run has its own curves', () => {
  const round = withEvents(none, [
    progress(1, 10),
    validation(2, 10, 0.5),
    event(1, 20, 'validation', { done: 20, dice: 0.4, loss: 1, best: true }, 'plain'),
    validation(3, 20, 0.6),
  ]);
  expect(round.get('genseg')?.validation.map(({ done, value }) => [done, value.dice])).toEqual([
    [10, 0.5],
    [20, 0.6],
  ]);
  expect(round.get('plain')?.validation.length).toBe(1);
  expect(round.get('genseg')?.progress?.done).toBe(10);
});

test('events seen before change nothing, also within a batch', () => {
  const events = [progress(1, 10), validation(2, 10, 0.5)];
  const once = withEvents(none, events);
  expect(withEvents(once, events)).toBe(once);
  const again = withEvents(once, [...events, validation(3, 20, 0.6), validation(3, 20, 0.6)]);
  expect(again.get('genseg')?.validation.length).toBe(2);
  expect(again.get('genseg')?.losses.length).toBe(1);
});

test('the round before stays as it was', () => {
  const before = withEvents(none, [validation(1, 10, 0.5)]);
  withEvents(before, [validation(2, 20, 0.6)]);
  expect(before.get('genseg')?.validation.length).toBe(1);
});

test('resume voids what came after the checkpoint, and the end', () => {
  const killed = withEvents(none, [
    ...[validation(1, 10, 0.5), progress(2, 12), validation(3, 20, 0.6)],
    event(4, 20, 'preview', { done: 20, file: 'a.png' }),
    event(5, 20, 'end', { reason: 'interrupted', message: '', seconds: 1 }),
  ]);
  expect(killed.get('genseg')?.end?.reason).toBe('interrupted');
  const resumed = withEvents(killed, [event(6, 12, 'resume'), validation(7, 20, 0.7)]);
  const run = resumed.get('genseg')!;
  expect(run.validation.map(({ value }) => value.dice)).toEqual([0.5, 0.7]);
  expect(run.losses.length).toBe(1);
  expect(run.previews).toEqual([]);
  expect(run.end).toBeNull();
});

test('a set tested again has its new score', () => {
  const score = (id: number, dice: number) =>
    event(id, 50, 'evaluation', { set: 'test', dice, low: 0, high: 1, cases: 5 });
  const run = withEvents(none, [score(1, 0.8), score(2, 0.9)]).get('genseg');
  expect(run?.scores.map(({ dice }) => dice)).toEqual([0.9]);
});

test('of thousands of events at once none is lost', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => progress(i + 1, i + 1));
  expect(withEvents(none, many).get('genseg')?.losses.length).toBe(20_000);
});
