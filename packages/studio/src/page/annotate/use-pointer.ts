/**
 * Mouse, pen and fingers on the painting area: what they mean (gestures.ts) is done with the tool in hand or moves the
 * image; the wheel zooms, and the space bar, held, turns the tool into a hand.
 */
import { type RefObject, useEffect, useEffectEvent, useState } from 'react';
import { type Editor, type Point, pan, pinch, zoomAt } from '../engine/index.ts';
import { createGestures, type Pointer } from './gestures.ts';
import type { ToolInHand } from './use-tool.ts';
import type { Sight } from './use-view.ts';

export interface PointerState {
  /** Where the pointer is over the area; null: elsewhere, or it is a finger. */
  readonly cursor: Point | null;
  /** Whether the space bar is held. */
  readonly space: boolean;
}

/** @param moves whether the tool in hand moves the image itself */
export function usePointer(
  area: RefObject<HTMLElement | null>,
  { view, move }: Sight,
  { editor, hand, moves }: { editor: Editor; hand: ToolInHand; moves: boolean },
): PointerState {
  const [cursor, setCursor] = useState<Point | null>(null);
  const [space, setSpace] = useState(false);

  const press = useEffectEvent(hand.press);
  const drag = useEffectEvent(hand.drag);
  const panBy = useEffectEvent((dx: number, dy: number) => move(pan(view, dx, dy)));
  const pinchTo = useEffectEvent((before: [Point, Point], after: [Point, Point]) =>
    move(pinch(view, before, after)),
  );
  const wheel = useEffectEvent((event: WheelEvent, at: Point) => {
    event.preventDefault();
    if (event.ctrlKey || !event.shiftKey) move(zoomAt(view, at, Math.exp(-event.deltaY * 0.0015)));
    else move(pan(view, -event.deltaY, 0));
  });
  const grabs = useEffectEvent(() => space || moves);

  useEffect(() => {
    const element = area.current!;
    const gestures = createGestures({
      press: (pointer, erase) => press(pointer, erase),
      drag: (pointer) => drag(pointer),
      release: () => editor.endStroke(),
      cancel: () => editor.cancelStroke(),
      pan: (dx, dy) => panBy(dx, dy),
      pinch: (before, after) => pinchTo(before, after),
    });
    const placeOf = ({ clientX, clientY }: MouseEvent): Point => {
      const box = element.getBoundingClientRect();
      return { x: clientX - box.left, y: clientY - box.top };
    };
    const pointerOf = (event: PointerEvent): Pointer => {
      const { pointerId: id, pointerType: type, pressure, buttons } = event;
      return { id, type, pressure, buttons, ...placeOf(event) };
    };
    const stop = new AbortController();
    const on = <K extends keyof HTMLElementEventMap>(
      kind: K,
      act: (event: HTMLElementEventMap[K]) => void,
    ) => element.addEventListener(kind, act, { signal: stop.signal, passive: false });
    on('pointerdown', (event) => {
      // No text selection, no scrolling by the middle button; but the focus comes here.
      event.preventDefault();
      element.focus({ preventScroll: true });
      element.setPointerCapture(event.pointerId);
      gestures.down(pointerOf(event), grabs());
    });
    on('pointermove', (event) => {
      setCursor(event.pointerType === 'touch' ? null : placeOf(event));
      // Between two frames a pen reports many places: all of them are painted.
      const places = event.getCoalescedEvents();
      for (const one of places.length > 0 ? places : [event]) gestures.move(pointerOf(one));
    });
    on('pointerup', (event) => gestures.up(pointerOf(event)));
    on('pointercancel', (event) => gestures.up(pointerOf(event)));
    on('pointerleave', () => setCursor(null));
    on('wheel', (event) => wheel(event, placeOf(event)));
    const holdSpace = (event: KeyboardEvent) => {
      const inControl = /^(INPUT|SELECT|TEXTAREA|BUTTON|A|SUMMARY)$/.test(
        (event.target as HTMLElement).tagName,
      );
      if (event.key !== ' ' || inControl) return;
      event.preventDefault();
      setSpace(event.type === 'keydown');
    };
    addEventListener('keydown', holdSpace, { signal: stop.signal });
    addEventListener('keyup', holdSpace, { signal: stop.signal });
    return () => stop.abort();
  }, [area, editor]);

  return { cursor, space };
}
