import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHistory } from './history.ts';
import { copyRect, createMask } from './mask.ts';
import { decodeRuns, encodeRuns } from './runs.ts';

test('runs decode to what was encoded', () => {
  fc.assert(
    fc.property(fc.uint8Array({ max: 2, maxLength: 2000 }), (ids) => {
      expect(decodeRuns(encodeRuns(ids))).toEqual(ids);
    }),
  );
  expect(encodeRuns(new Uint8Array(1000)).length).toBe(8);
  expect(() => decodeRuns(Uint8Array.of(1))).toThrow(/not pairs/);
});

const whole = { left: 0, top: 0, right: 8, bottom: 8 };

test('any walk through undo and redo shows the states of a plain list of states', () => {
  const act = fc.oneof(
    fc.record({
      kind: fc.constant('paint' as const),
      at: fc.nat(63),
      id: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constant('undo' as const) }),
    fc.record({ kind: fc.constant('redo' as const) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const mask = createMask(8, 8);
      const history = createHistory();
      const states = [mask.pixels.slice()];
      let now = 0;
      for (const step of acts) {
        if (step.kind === 'paint') {
          const rect = { left: step.at % 8, top: step.at >> 3, right: 8, bottom: 8 };
          const before = copyRect(mask, rect);
          mask.pixels[step.at] = step.id;
          if (history.record(mask, rect, before)) {
            states.splice(now + 1, states.length, mask.pixels.slice());
            now++;
          }
        } else if (step.kind === 'undo') {
          history.undo(mask);
          now = Math.max(0, now - 1);
        } else {
          history.redo(mask);
          now = Math.min(states.length - 1, now + 1);
        }
        expect(mask.pixels).toEqual(states[now]);
        expect([history.canUndo, history.canRedo]).toEqual([now > 0, now < states.length - 1]);
      }
    }),
  );
});

test('a change that changes nothing is not remembered', () => {
  const mask = createMask(8, 8);
  const history = createHistory();
  expect(history.record(mask, whole, copyRect(mask, whole))).toBe(false);
  expect(history.canUndo).toBe(false);
  expect(history.undo(mask)).toEqual({ left: 0, top: 0, right: 0, bottom: 0 });
});

test('beyond its memory the oldest changes go, the last stays', () => {
  const mask = createMask(8, 8);
  const history = createHistory(10);
  for (const id of [1, 2, 3]) {
    const before = copyRect(mask, whole);
    mask.pixels.fill(id);
    history.record(mask, whole, before);
  }
  history.undo(mask);
  history.undo(mask);
  history.undo(mask);
  expect(mask.pixels[0]).toBe(1);
});
