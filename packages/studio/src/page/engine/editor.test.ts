import { expect, test } from 'vitest';
import { createEditor } from './editor.ts';
import { createMask } from './mask.ts';
import type { Rect } from './rect.ts';

const dab = (x: number, y: number, radius = 2) => ({ x, y, radius });

test('a stroke of many points is one undo, and redo brings it back', () => {
  const changes: Rect[] = [];
  const editor = createEditor(createMask(32, 32), (rect) => changes.push(rect));
  editor.beginStroke(dab(5, 5), 1);
  editor.extendStroke(dab(15, 8));
  editor.extendStroke(dab(25, 25));
  expect(editor.painting).toBe(true);
  editor.endStroke();
  const painted = editor.mask.pixels.slice();
  expect(painted.some((id) => id === 1)).toBe(true);
  expect(editor.revision).toBe(1);
  editor.undo();
  expect(editor.mask.pixels.every((id) => id === 0)).toBe(true);
  expect(editor.canUndo).toBe(false);
  editor.redo();
  expect(editor.mask.pixels).toEqual(painted);
  expect(editor.revision).toBe(3);
  expect(changes.length).toBeGreaterThanOrEqual(6);
});

test('erasing is painting the background', () => {
  const editor = createEditor(createMask(16, 16), () => {});
  editor.beginStroke(dab(8, 8, 6), 2);
  editor.endStroke();
  editor.beginStroke(dab(8, 8, 20), 0);
  editor.endStroke();
  expect(editor.mask.pixels.every((id) => id === 0)).toBe(true);
  editor.undo();
  expect(editor.mask.pixels[8 * 16 + 8]).toBe(2);
});

test('a cancelled stroke leaves neither pixels nor an undo', () => {
  const editor = createEditor(createMask(16, 16), () => {});
  editor.beginStroke(dab(8, 8), 1);
  editor.extendStroke(dab(12, 12));
  editor.cancelStroke();
  expect(editor.mask.pixels.every((id) => id === 0)).toBe(true);
  expect([editor.canUndo, editor.revision, editor.painting]).toEqual([false, 0, false]);
});

test('undo in the middle of a stroke takes back that stroke', () => {
  const editor = createEditor(createMask(16, 16), () => {});
  editor.beginStroke(dab(8, 8), 1);
  editor.undo();
  expect(editor.mask.pixels.every((id) => id === 0)).toBe(true);
  expect(editor.painting).toBe(false);
});

test('every other tool is one undo as well', () => {
  const editor = createEditor(createMask(8, 8), () => {});
  const levels = new Uint8Array(64).fill(9);
  editor.fillPolygon(
    [
      { x: 0, y: 0 },
      { x: 4, y: 0 },
      { x: 4, y: 8 },
      { x: 0, y: 8 },
    ],
    1,
  );
  editor.floodClass({ x: 1, y: 1 }, 2);
  editor.floodBrightness(levels, { x: 7, y: 7 }, { classId: 3, tolerance: 0 });
  editor.threshold(levels, { classId: 4, low: 0, high: 255, keep: false });
  editor.replace(new Uint8Array(64).fill(5));
  const seen = [];
  while (editor.canUndo) {
    seen.push(editor.mask.pixels[0]);
    editor.undo();
  }
  expect(seen).toEqual([5, 4, 3, 2, 1]);
  expect(() => editor.replace(new Uint8Array(63))).toThrow(/64 pixels, got 63/);
});
