import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAutosave, type SaveState } from './autosave.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Saves what `results` say, in turn: an error, or how long it takes. */
function setUp(...results: (Error | number)[]) {
  const states: SaveState['kind'][] = [];
  const saved: boolean[] = [];
  const autosave = createAutosave({
    save: async (force) => {
      saved.push(force);
      const result = results.shift() ?? 0;
      if (result instanceof Error) throw result;
      await new Promise((resolve) => setTimeout(resolve, result));
    },
    isConflict: (error) => (error as Error).message === 'conflict',
    onState: ({ kind }) => states.push(kind),
    delay: 100,
    retry: 1000,
  });
  return { autosave, states, saved };
}

test('many changes are one save, a while after the last', async () => {
  const { autosave, saved } = setUp();
  for (let i = 0; i < 5; i++) {
    autosave.changed();
    await vi.advanceTimersByTimeAsync(60);
  }
  expect(saved).toEqual([]);
  await vi.advanceTimersByTimeAsync(60);
  expect(saved).toEqual([false]);
  expect(autosave.state).toEqual({ kind: 'saved' });
});

test('a change during a save is saved after it', async () => {
  const { autosave, saved, states } = setUp(50);
  autosave.changed();
  await vi.advanceTimersByTimeAsync(120);
  autosave.changed();
  await vi.advanceTimersByTimeAsync(1000);
  expect(saved.length).toBe(2);
  expect(states).toEqual(['waiting', 'saving', 'waiting', 'saving', 'saved']);
});

test('what fails is tried again until it works', async () => {
  const { autosave, saved } = setUp(new Error('gone'), new Error('gone'));
  autosave.changed();
  await vi.advanceTimersByTimeAsync(150);
  expect(autosave.state).toEqual({ kind: 'failed', message: 'gone' });
  await vi.advanceTimersByTimeAsync(2500);
  expect(saved.length).toBe(3);
  expect(autosave.state).toEqual({ kind: 'saved' });
});

test('a conflict waits for the painter, whatever is painted meanwhile', async () => {
  const { autosave, saved } = setUp(new Error('conflict'));
  autosave.changed();
  await vi.advanceTimersByTimeAsync(150);
  autosave.changed();
  await autosave.flush();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(autosave.state).toEqual({ kind: 'conflict' });
  expect(saved).toEqual([false]);
  await Promise.all([autosave.overwrite(), vi.advanceTimersByTimeAsync(10)]);
  expect(saved).toEqual([false, true]);
  expect(autosave.state).toEqual({ kind: 'saved' });
});

test('flush saves at once, and waits for the save that runs', async () => {
  const { autosave, saved } = setUp(80, 0);
  autosave.changed();
  const first = autosave.flush();
  await vi.advanceTimersByTimeAsync(10);
  autosave.changed();
  const second = autosave.flush();
  await vi.advanceTimersByTimeAsync(200);
  await Promise.all([first, second]);
  expect(saved.length).toBe(2);
  await autosave.flush();
  expect(saved.length).toBe(2);
});

test('stopped, it saves no more and says nothing', async () => {
  const { autosave, saved, states } = setUp();
  autosave.changed();
  autosave.stop();
  await vi.advanceTimersByTimeAsync(1000);
  expect(saved).toEqual([]);
  expect(states).toEqual(['waiting']);
});
