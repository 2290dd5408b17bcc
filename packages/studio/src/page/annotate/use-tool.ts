/** What the tool in hand does where it is put down and drawn, and the corners of a polygon until it is closed. */
import { useEffect, useState } from 'react';
import {
  type Editor,
  type Point,
  radiusUnder,
  toImage,
  toScreen,
  type View,
} from '../engine/index.ts';
import type { Pointer } from './gestures.ts';
import { paintedClass, type ToolState } from './tools.ts';

export interface ToolInHand {
  /** Of the polygon, in pixels of the image. */
  readonly corners: readonly Point[];
  /** @param erase with the pen's other end */
  readonly press: (pointer: Pointer, erase: boolean) => void;
  readonly drag: (pointer: Pointer) => void;
  readonly closePolygon: () => void;
  readonly dropCorner: () => void;
  readonly cancelPolygon: () => void;
}

/** @param brightness is read when the wand needs it */
export function useTool(
  tools: ToolState,
  view: View,
  { editor, brightness }: { editor: Editor; brightness: () => Uint8Array },
): ToolInHand {
  const [corners, setCorners] = useState<readonly Point[]>([]);
  useEffect(() => {
    if (tools.tool !== 'polygon') setCorners([]);
  }, [tools.tool]);

  const at = (pointer: Pointer) => ({
    ...toImage(view, pointer),
    radius: radiusUnder(tools.radius, pointer.pressure, pointer.type),
  });
  const closePolygon = () => {
    editor.fillPolygon(corners, tools.classId);
    setCorners([]);
  };
  const closes = (pointer: Pointer): boolean => {
    if (corners.length < 3) return false;
    const first = toScreen(view, corners[0]);
    return Math.hypot(first.x - pointer.x, first.y - pointer.y) < 10;
  };
  return {
    corners,
    closePolygon,
    dropCorner: () => setCorners(corners.slice(0, -1)),
    cancelPolygon: () => setCorners([]),
    press: (pointer, erase) => {
      const { radius, ...place } = at(pointer);
      const classId = erase ? 0 : paintedClass(tools);
      switch (tools.tool) {
        case 'brush':
        case 'eraser':
          return editor.beginStroke({ ...place, radius }, classId);
        case 'polygon':
          return closes(pointer) ? closePolygon() : setCorners([...corners, place]);
        case 'fill':
          return void editor.floodClass(place, classId);
        case 'wand': {
          const { tolerance } = tools;
          return void editor.floodBrightness(brightness(), place, { classId, tolerance });
        }
      }
    },
    drag: (pointer) => {
      if (editor.painting) editor.extendStroke(at(pointer));
    },
  };
}
