import { expect, test } from 'vitest';
import { createGestures, type Pointer } from './gestures.ts';

function setUp() {
  const calls: string[] = [];
  const gestures = createGestures({
    press: ({ x, y }, erase) => calls.push(`press ${x},${y}${erase ? ' erase' : ''}`),
    drag: ({ x, y }) => calls.push(`drag ${x},${y}`),
    release: () => calls.push('release'),
    cancel: () => calls.push('cancel'),
    pan: (dx, dy) => calls.push(`pan ${dx},${dy}`),
    pinch: ([a, b], [c, d]) => calls.push(`pinch ${a.x}-${b.x} to ${c.x}-${d.x}`),
  });
  return { calls, gestures };
}
const at = (type: string, id: number, x: number, y = 0, buttons = 1): Pointer => ({
  ...{ type, id, x, y, buttons, pressure: 0.5 },
});

test('the mouse draws with its left button, pans with the middle one or the space bar', () => {
  const { calls, gestures } = setUp();
  gestures.down(at('mouse', 1, 5), false);
  gestures.move(at('mouse', 1, 8));
  gestures.up(at('mouse', 1, 8));
  gestures.down(at('mouse', 1, 5, 5, 4), false);
  gestures.move(at('mouse', 1, 7, 9, 4));
  gestures.up(at('mouse', 1, 7, 9));
  gestures.down(at('mouse', 1, 0), true);
  gestures.move(at('mouse', 1, 1));
  gestures.up(at('mouse', 1, 1));
  gestures.down(at('mouse', 1, 0, 0, 2), false);
  gestures.up(at('mouse', 1, 0));
  expect(calls).toEqual(['press 5,0', 'drag 8,0', 'release', 'pan 2,4', 'pan 1,0']);
});

test('a hovering pointer does nothing', () => {
  const { calls, gestures } = setUp();
  gestures.move(at('mouse', 1, 8));
  gestures.up(at('mouse', 1, 8));
  expect(calls).toEqual([]);
});

test('one finger draws, a second takes that back and pinches; the last one left does nothing', () => {
  const { calls, gestures } = setUp();
  gestures.down(at('touch', 1, 10), false);
  gestures.move(at('touch', 1, 12));
  gestures.down(at('touch', 2, 50), false);
  gestures.move(at('touch', 2, 60));
  gestures.up(at('touch', 1, 12));
  gestures.move(at('touch', 2, 70));
  gestures.up(at('touch', 2, 70));
  gestures.down(at('touch', 3, 1), false);
  expect(calls).toEqual(['press 10,0', 'drag 12,0', 'cancel', 'pinch 12-50 to 12-60', 'press 1,0']);
});

test('after a pen, a finger only moves the image, and the palm does not disturb the pen', () => {
  const { calls, gestures } = setUp();
  gestures.down(at('pen', 1, 5), false);
  gestures.down(at('touch', 2, 90), false);
  gestures.move(at('touch', 2, 95));
  gestures.move(at('pen', 1, 6));
  gestures.up(at('pen', 1, 6));
  gestures.up(at('touch', 2, 95));
  gestures.down(at('touch', 3, 10), false);
  gestures.move(at('touch', 3, 14));
  gestures.up(at('touch', 3, 14));
  expect(calls).toEqual(['press 5,0', 'drag 6,0', 'release', 'pan 4,0']);
});

test("the pen's other end erases", () => {
  const { calls, gestures } = setUp();
  gestures.down(at('pen', 1, 5, 0, 32), false);
  expect(calls).toEqual(['press 5,0 erase']);
});
