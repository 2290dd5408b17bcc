/**
 * Painting without a pointer: the arrow keys move a brush over the image, Enter puts it down and lifts it, or
 * uses the tool there. Shift makes larger steps. Enter twice in one place closes the polygon.
 */
import { type FocusEvent, type KeyboardEvent, useState } from 'react';
import { type Editor, type Point, toImage } from '../engine/index.ts';
import type { ToolState } from './tools.ts';
import type { ToolInHand } from './use-tool.ts';
import type { Sight } from './use-view.ts';

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
};

export interface KeyboardBrush {
  /** Where it is on the screen; null until an arrow key moved it. */
  readonly at: Point | null;
  /** For screen readers. */
  readonly says: string;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onBlur: (event: FocusEvent) => void;
}

export function useKeyboardBrush({
  sight: { view, size },
  tools,
  editor,
  hand,
}: {
  sight: Sight;
  tools: ToolState;
  editor: Editor;
  hand: ToolInHand;
}): KeyboardBrush {
  const [at, setAt] = useState<Point | null>(null);
  const [down, setDown] = useState(false);
  /** The last corner put down. */
  const [corner, setCorner] = useState<Point | null>(null);
  const [says, setSays] = useState('');
  const strokes = tools.tool === 'brush' || tools.tool === 'eraser';

  const lift = () => {
    if (!down) return;
    editor.endStroke();
    setDown(false);
  };
  const step = ([dx, dy]: readonly [number, number], shift: boolean) => {
    if (!size) return;
    // At least one pixel of the image, at least two of the screen.
    const length = Math.max(view.scale, 2, (tools.radius * view.scale) / 3) * (shift ? 5 : 1);
    const from = at ?? { x: size.width / 2, y: size.height / 2 };
    const next = {
      x: Math.min(size.width, Math.max(0, from.x + dx * length)),
      y: Math.min(size.height, Math.max(0, from.y + dy * length)),
    };
    setAt(next);
    if (down) editor.extendStroke({ ...toImage(view, next), radius: tools.radius });
  };
  const use = () => {
    if (tools.tool === 'polygon' && (at === null || at === corner)) return hand.closePolygon();
    if (!at) return;
    setCorner(at);
    const { x, y } = toImage(view, at);
    const place = `${Math.floor(x)}, ${Math.floor(y)}`;
    if (strokes && down) {
      lift();
      setSays(`Lifted at ${place}`);
      return;
    }
    hand.press({ ...at, id: -1, type: 'mouse', pressure: 0.5, buttons: 1 }, false);
    setDown(strokes);
    setSays(strokes ? `Down at ${place}` : `${tools.tool} at ${place}`);
  };
  return {
    at,
    says,
    onKeyDown: (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const direction = directions[event.key];
      if (direction) {
        event.preventDefault();
        step(direction, event.shiftKey);
      } else if (event.key === 'Enter') {
        event.preventDefault();
        use();
      }
    },
    onBlur: () => {
      lift();
      setAt(null);
    },
  };
}
