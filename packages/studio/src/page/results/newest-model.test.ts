import { expect, test } from 'vitest';
import type { MethodName, Round, RunSummary } from '../../api.ts';
import { models, newestModel } from './newest-model.ts';

const run = (method: MethodName, validationDice: number | null, model = true): RunSummary => ({
  ...{ method, validationDice, model, state: 'finished', folder: '', stage: null },
  ...{ done: 0, steps: 0, secondsLeft: null, scores: [], message: null },
});
const round = (name: string, ...runs: RunSummary[]): Round => ({
  ...{ name, runs, state: 'finished', startedAt: null, options: null, labels: null },
});

test('the newest round’s come first, of one round the best on validation', () => {
  const rounds = [
    round('round-2', run('augment', 0.95), run('genseg', 0.87), run('plain', 0.99, false)),
    round('round-1', run('genseg', 0.99)),
  ];
  expect(models(rounds)).toEqual([
    { round: 'round-2', method: 'augment', validationDice: 0.95 },
    { round: 'round-2', method: 'genseg', validationDice: 0.87 },
    { round: 'round-1', method: 'genseg', validationDice: 0.99 },
  ]);
  expect(newestModel(rounds)?.method).toBe('augment');
});

test('among equals, and where nothing is known, GenSeg’s', () => {
  for (const dice of [0.5, null]) {
    expect(newestModel([round('a', run('augment', dice), run('genseg', dice))])?.method).toBe(
      'genseg',
    );
  }
  expect(newestModel([round('a', run('plain', 0.5, false))])).toBeNull();
});
