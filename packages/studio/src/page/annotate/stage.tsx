/**
 * The painting area: the canvas, what is drawn over it, and what mouse, pen, fingers and keys do there.
 * It paints through the editor; who saves and who chooses tools is elsewhere.
 */
import {
  type RefObject,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useRef,
  useState,
} from 'react';
import type { ClassInfo } from '../../api.ts';
import {
  type Editor,
  fit,
  keepInSight,
  type Mask,
  type Point,
  pan,
  pinch,
  type Rect,
  radiusUnder,
  type Size,
  toImage,
  toScreen,
  type View,
  zoomAt,
} from '../engine/index.ts';
import { createGestures, type Pointer } from './gestures.ts';
import { createRenderer, type Renderer } from './renderer.ts';
import { paintedClass, type ToolState } from './tools.ts';
import { useKeyboardBrush } from './use-keyboard-brush.ts';
import './stage.css';

export interface StageHandle {
  touch(rect: Rect): void;
  zoom(factor: number): void;
  fit(): void;
  dropCorner(): void;
  cancelPolygon(): void;
}

export function Stage({
  handle,
  image,
  mask,
  editor,
  tools,
  classes,
  brightness,
  label,
}: {
  handle: RefObject<StageHandle | null>;
  image: ImageBitmap;
  mask: Mask;
  editor: Editor;
  tools: ToolState;
  classes: readonly ClassInfo[];
  /** Read when the wand needs it. */
  brightness: () => Uint8Array;
  label: string;
}) {
  const area = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<Renderer>(null);
  const [size, setSize] = useState<Size>();
  const [view, setView] = useState<View>({ scale: 1, x: 0, y: 0 });
  const [corners, setCorners] = useState<readonly Point[]>([]);
  const [cursor, setCursor] = useState<Point | null>(null);
  const [space, setSpace] = useState(false);

  useEffect(() => {
    renderer.current = createRenderer(canvas.current!, image, mask);
    return () => renderer.current?.stop();
  }, [image, mask]);

  useEffect(() => {
    let known = false;
    const sized = new ResizeObserver(([{ contentRect }]) => {
      const next = { width: contentRect.width, height: contentRect.height };
      renderer.current?.resize(next);
      setSize(next);
      if (!known) setView(fit(image, next));
      known = true;
    });
    sized.observe(area.current!);
    return () => sized.disconnect();
  }, [image]);

  const palette = usePalette(classes);
  useEffect(() => {
    renderer.current?.show({
      view,
      opacity: tools.maskHidden ? 0 : tools.opacity,
      classes: palette,
    });
  }, [view, tools.opacity, tools.maskHidden, palette]);

  const move = (next: View) => setView(size ? keepInSight(next, image, size) : next);
  const closePolygon = () => {
    editor.fillPolygon(corners, tools.classId);
    setCorners([]);
  };
  useEffect(() => {
    if (tools.tool !== 'polygon') setCorners([]);
  }, [tools.tool]);

  useImperativeHandle(handle, () => ({
    touch: (rect) => renderer.current?.touch(rect),
    zoom: (factor) => {
      if (size) move(zoomAt(view, { x: size.width / 2, y: size.height / 2 }, factor));
    },
    fit: () => {
      if (size) setView(fit(image, size));
    },
    dropCorner: () => setCorners(corners.slice(0, -1)),
    cancelPolygon: () => setCorners([]),
  }));

  const press = useEffectEvent((pointer: Pointer, erase: boolean) => {
    const at = toImage(view, pointer);
    const radius = radiusUnder(tools.radius, pointer.pressure, pointer.type);
    const classId = erase ? 0 : paintedClass(tools);
    switch (tools.tool) {
      case 'brush':
      case 'eraser':
        return editor.beginStroke({ ...at, radius }, classId);
      case 'polygon': {
        const first = corners[0] && toScreen(view, corners[0]);
        const closes =
          corners.length > 2 && Math.hypot(first.x - pointer.x, first.y - pointer.y) < 10;
        return closes ? closePolygon() : setCorners([...corners, at]);
      }
      case 'fill':
        return void editor.floodClass(at, classId);
      case 'wand':
        return void editor.floodBrightness(brightness(), at, {
          classId,
          tolerance: tools.tolerance,
        });
    }
  });
  const drag = useEffectEvent((pointer: Pointer) => {
    if (!editor.painting) return;
    const radius = radiusUnder(tools.radius, pointer.pressure, pointer.type);
    editor.extendStroke({ ...toImage(view, pointer), radius });
  });
  const panBy = useEffectEvent((dx: number, dy: number) => move(pan(view, dx, dy)));
  const pinchTo = useEffectEvent((before: [Point, Point], after: [Point, Point]) =>
    move(pinch(view, before, after)),
  );
  const wheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault();
    const box = area.current!.getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    if (event.ctrlKey || !event.shiftKey) move(zoomAt(view, at, Math.exp(-event.deltaY * 0.0015)));
    else move(pan(view, -event.deltaY, 0));
  });
  const holdSpace = useEffectEvent((event: KeyboardEvent, held: boolean) => {
    const inControl = /^(INPUT|SELECT|TEXTAREA|BUTTON|A|SUMMARY)$/.test(
      (event.target as HTMLElement).tagName,
    );
    if (event.key !== ' ' || inControl) return;
    event.preventDefault();
    setSpace(held);
  });
  const moves = useEffectEvent(() => space || tools.tool === 'move' || tools.tool === 'threshold');

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
    const pointerOf = ({
      pointerId,
      pointerType,
      pressure,
      buttons,
      clientX,
      clientY,
    }: PointerEvent) => {
      const box = element.getBoundingClientRect();
      return {
        ...{ id: pointerId, type: pointerType, pressure, buttons },
        ...{ x: clientX - box.left, y: clientY - box.top },
      };
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
      gestures.down(pointerOf(event), moves());
    });
    on('pointermove', (event) => {
      setCursor(event.pointerType === 'touch' ? null : pointerOf(event));
      // Between two frames a pen reports many places: all of them are painted.
      const places = event.getCoalescedEvents();
      for (const one of places.length > 0 ? places : [event]) gestures.move(pointerOf(one));
    });
    on('pointerup', (event) => gestures.up(pointerOf(event)));
    on('pointercancel', (event) => gestures.up(pointerOf(event)));
    on('pointerleave', () => setCursor(null));
    on('wheel', (event) => wheel(event));
    addEventListener('keydown', (event) => holdSpace(event, true), { signal: stop.signal });
    addEventListener('keyup', (event) => holdSpace(event, false), { signal: stop.signal });
    return () => stop.abort();
  }, [editor]);

  const keyboard = useKeyboardBrush({ view, size, tools, editor, press, closePolygon });
  const paints = tools.tool === 'brush' || tools.tool === 'eraser';
  const brushAt = cursor ?? keyboard.at;
  return (
    <div
      ref={area}
      className="painting"
      data-tool={space ? 'move' : tools.tool}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the painting area takes keys of its own
      tabIndex={0}
      role="application"
      aria-label={label}
      onKeyDown={keyboard.onKeyDown}
      onBlur={keyboard.onBlur}
    >
      <canvas ref={canvas} />
      <svg className="marks" aria-hidden="true">
        {corners.length > 0 && <PolygonMarks view={view} corners={corners} to={cursor} />}
        {paints && brushAt && !space && (
          <BrushMark at={brushAt} radius={Math.max(2, tools.radius * view.scale)} />
        )}
        {!paints && keyboard.at && !cursor && <BrushMark at={keyboard.at} radius={5} />}
      </svg>
      <span className="visually-hidden" aria-live="polite">
        {keyboard.says}
      </span>
    </div>
  );
}

/** White on black: seen on every image. */
function BrushMark({ at: { x, y }, radius }: { at: Point; radius: number }) {
  return (
    <>
      <circle className="brush under" cx={x} cy={y} r={radius} />
      <circle className="brush" cx={x} cy={y} r={radius} />
    </>
  );
}

function PolygonMarks({
  view,
  corners,
  to,
}: {
  view: View;
  corners: readonly Point[];
  to: Point | null;
}) {
  const places = corners.map((corner) => toScreen(view, corner));
  const line = to ? [...places, to] : places;
  return (
    <>
      <polyline points={line.map(({ x, y }) => `${x},${y}`).join(' ')} />
      {places.map(({ x, y }, i) => (
        <circle key={i} cx={x} cy={y} r={i === 0 ? 6 : 3.5} />
      ))}
    </>
  );
}

/** The classes with their ids; the same array while nothing of it changes, as recolouring is for the whole mask. */
function usePalette(classes: readonly ClassInfo[]) {
  const [palette, setPalette] = useState(() => withIds(classes));
  useEffect(() => setPalette(withIds(classes)), [classes]);
  return palette;
}

const withIds = (classes: readonly ClassInfo[]) =>
  classes.map(({ colour }, id) => ({ id, colour }));
