/**
 * What fingers, pen and mouse mean. One of them works with the tool; the middle button, a held space bar or the
 * move tool pan; two fingers pan and zoom. Once a pen was seen, fingers only move the image, so that the
 * hand may rest on the screen. Nothing of the browser here: events are plain records.
 */
import type { Point } from '../engine/index.ts';

export interface Pointer extends Point {
  readonly id: number;
  readonly type: string;
  /** 0 to 1. */
  readonly pressure: number;
  /** As MouseEvent.buttons: 1 left or contact, 4 middle, 32 the pen's eraser. */
  readonly buttons: number;
}

export interface GestureHandlers {
  /** The tool goes down, moves, and comes up, or is given up for a pinch. `erase`: with the pen's other end. */
  press(pointer: Pointer, erase: boolean): void;
  drag(pointer: Pointer): void;
  release(pointer: Pointer): void;
  cancel(): void;
  pan(dx: number, dy: number): void;
  pinch(before: [Point, Point], after: [Point, Point]): void;
}

export interface Gestures {
  down(pointer: Pointer, moving: boolean): void;
  move(pointer: Pointer): void;
  up(pointer: Pointer): void;
}

type Mode = 'none' | 'tool' | 'pan' | 'pinch';

export function createGestures(handlers: GestureHandlers): Gestures {
  const held = new Map<number, Pointer>();
  let mode: Mode = 'none';
  let penSeen = false;
  let working: number | undefined;

  return {
    /** @param moving whether the space bar or the move tool turns it into a pan */
    down(pointer, moving) {
      if (pointer.type === 'pen') penSeen = true;
      // A pen that draws is not disturbed by the palm.
      if (mode === 'tool' && pointer.type === 'touch' && held.get(working!)?.type === 'pen') return;
      held.set(pointer.id, pointer);
      if (held.size >= 2 && pointer.type === 'touch') {
        if (mode === 'tool') handlers.cancel();
        mode = 'pinch';
        return;
      }
      if (held.size > 1) return;
      working = pointer.id;
      const pans = moving || pointer.buttons === 4 || (pointer.type === 'touch' && penSeen);
      if (pans) {
        mode = 'pan';
      } else if ((pointer.buttons & 33) !== 0) {
        mode = 'tool';
        handlers.press(pointer, (pointer.buttons & 32) !== 0);
      }
    },
    move(pointer) {
      const before = held.get(pointer.id);
      if (!before) return;
      if (mode === 'pinch') {
        const [a, b] = [...held.values()];
        held.set(pointer.id, pointer);
        const [c, d] = [...held.values()];
        handlers.pinch([a, b], [c, d]);
        return;
      }
      held.set(pointer.id, pointer);
      if (pointer.id !== working) return;
      if (mode === 'pan') handlers.pan(pointer.x - before.x, pointer.y - before.y);
      if (mode === 'tool') handlers.drag(pointer);
    },
    up(pointer) {
      if (!held.delete(pointer.id)) return;
      if (mode === 'tool' && pointer.id === working) handlers.release(pointer);
      // The finger that stays after a pinch does nothing until it is lifted, too.
      if (held.size === 0 || (mode !== 'pinch' && pointer.id === working)) mode = 'none';
      else if (mode === 'pinch' && held.size < 2) mode = 'none';
    },
  };
}
