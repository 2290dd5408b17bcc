import { expect, test } from 'vitest';
import { commandOf, keyOf } from './keys.ts';
import { tools } from './tools.ts';

const press = (key: string, more = {}) =>
  commandOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });

test('every tool has a key, in either case', () => {
  for (const tool of tools)
    for (const key of [keyOf(tool), keyOf(tool).toLowerCase()])
      expect(press(key)).toEqual({ kind: 'tools', action: { kind: 'tool', tool } });
});

test('undo and redo are as everywhere', () => {
  expect(press('z', { ctrlKey: true })).toEqual({ kind: 'undo' });
  expect(press('z', { metaKey: true })).toEqual({ kind: 'undo' });
  expect(press('Z', { ctrlKey: true, shiftKey: true })).toEqual({ kind: 'redo' });
  expect(press('y', { ctrlKey: true })).toEqual({ kind: 'redo' });
});

test("the browser's own keys stay the browser's", () => {
  for (const key of ['p', 'f', 't', 'w', '0', '+', 'r', '1'])
    expect(press(key, { ctrlKey: true }), key).toBeUndefined();
  expect(press('e', { altKey: true })).toBeUndefined();
  expect(press('Tab')).toBeUndefined();
});

test('numbers are classes, none of them the background', () => {
  expect(press('3')).toEqual({ kind: 'tools', action: { kind: 'class', classId: 3 } });
  expect(press('0')).toEqual({ kind: 'fit' });
});
