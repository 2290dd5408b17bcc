/**
 * The painting area: the canvas and what is drawn over it. What is in sight, what pointers and keys do there and how the
 * tool in hand works is in hooks beside this; who saves and who chooses tools is elsewhere.
 */
import { type RefObject, useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { ClassInfo } from '../../api.ts';
import {
  type Editor,
  type Mask,
  type Point,
  type Rect,
  toScreen,
  type View,
} from '../engine/index.ts';
import { createRenderer, type Renderer } from './renderer.ts';
import type { ToolState } from './tools.ts';
import { useKeyboardBrush } from './use-keyboard-brush.ts';
import { usePointer } from './use-pointer.ts';
import { useTool } from './use-tool.ts';
import { useView } from './use-view.ts';
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
  useEffect(() => {
    renderer.current = createRenderer(canvas.current!, image, mask);
    return () => renderer.current?.stop();
  }, [image, mask]);

  const sight = useView(area, image, (size) => renderer.current?.resize(size));
  const { view } = sight;
  const palette = usePalette(classes);
  useEffect(() => {
    renderer.current?.show({
      view,
      opacity: tools.maskHidden ? 0 : tools.opacity,
      classes: palette,
    });
  }, [view, tools.opacity, tools.maskHidden, palette]);

  const hand = useTool(tools, view, { editor, brightness });
  const moves = tools.tool === 'move' || tools.tool === 'threshold';
  const { cursor, space } = usePointer(area, sight, { editor, hand, moves });
  const keyboard = useKeyboardBrush({ sight, tools, editor, hand });
  useImperativeHandle(handle, () => ({
    ...{ zoom: sight.zoom, fit: sight.fit },
    ...{ dropCorner: hand.dropCorner, cancelPolygon: hand.cancelPolygon },
    touch: (rect) => renderer.current?.touch(rect),
  }));

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
        {hand.corners.length > 0 && <PolygonMarks view={view} corners={hand.corners} to={cursor} />}
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
