/**
 * Undo and redo: of each change only the rectangle that it touched, as it was before and after,
 * run-length encoded. The oldest changes are forgotten when all together take too much memory.
 */
import { copyRect, type Mask, pasteRect } from './mask.ts';
import { emptyRect, isEmpty, type Rect } from './rect.ts';
import { decodeRuns, encodeRuns } from './runs.ts';

interface Change {
  readonly rect: Rect;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface History {
  /** Whether there is anything to take back, or to do again. */
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /**
   * Remembers what changed inside a rectangle.
   * @param before class ids inside it before the change, as `copyRect` gives them
   * @returns whether any pixel changed at all; if none did, nothing is remembered
   */
  record(mask: Mask, rect: Rect, before: Uint8Array): boolean;
  /** Takes the last change back, or does it again; the rectangle to redraw, empty if there was none. */
  undo(mask: Mask): Rect;
  redo(mask: Mask): Rect;
}

/** @param limitBytes of encoded changes to keep; the last change is kept whatever its size */
export function createHistory(limitBytes = 64 * 2 ** 20): History {
  const past: Change[] = [];
  let future: Change[] = [];
  let bytes = 0;
  const size = ({ before, after }: Change) => before.length + after.length;
  const apply = (mask: Mask, change: Change | undefined, side: 'before' | 'after'): Rect => {
    if (!change) return emptyRect;
    pasteRect(mask, change.rect, decodeRuns(change[side]));
    return change.rect;
  };
  return {
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    record(mask, rect, before) {
      const after = copyRect(mask, rect);
      if (isEmpty(rect) || before.every((id, i) => id === after[i])) return false;
      const change = { rect, before: encodeRuns(before), after: encodeRuns(after) };
      bytes += size(change) - future.reduce((sum, one) => sum + size(one), 0);
      future = [];
      past.push(change);
      while (bytes > limitBytes && past.length > 1) bytes -= size(past.shift()!);
      return true;
    },
    undo(mask) {
      const change = past.pop();
      if (change) future.push(change);
      return apply(mask, change, 'before');
    },
    redo(mask) {
      const change = future.pop();
      if (change) past.push(change);
      return apply(mask, change, 'after');
    },
  };
}
