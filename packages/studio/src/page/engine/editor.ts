/**
 * A mask in the hands of a painter: one gesture at a time, each undone as a whole. Nothing of the browser
 * here; the canvas draws what `onChange` names, and whoever saves looks at `revision`.
 */
import { floodBrightness, floodClass } from './flood.ts';
import { createHistory } from './history.ts';
import { copyRect, type Mask } from './mask.ts';
import { fillPolygon } from './polygon.ts';
import { emptyRect, isEmpty, type Rect, union } from './rect.ts';
import { type Dab, type Point, paintCapsule } from './stroke.ts';
import { applyThreshold } from './threshold.ts';

export interface Editor {
  readonly mask: Mask;
  /** Counts changes of the pixels, undo and redo included. */
  readonly revision: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly painting: boolean;
  /** A stroke begins, goes on, and ends; only the whole of it can be undone. */
  beginStroke(dab: Dab, classId: number): void;
  extendStroke(dab: Dab): void;
  endStroke(): void;
  /** Takes the unfinished stroke back, as when a second finger turns it into a pinch. */
  cancelStroke(): void;
  fillPolygon(corners: readonly Point[], classId: number): boolean;
  floodClass(at: Point, classId: number): boolean;
  floodBrightness(
    brightness: Uint8Array,
    at: Point,
    options: { classId: number; tolerance: number },
  ): boolean;
  threshold(
    brightness: Uint8Array,
    options: { classId: number; low: number; high: number; keep: boolean },
  ): boolean;
  /** Puts other class ids in the place of all, such as a model's. @throws RangeError for another size */
  replace(ids: Uint8Array): boolean;
  undo(): void;
  redo(): void;
}

/**
 * @param onChange is told which pixels to draw again, also during a stroke
 * @example const editor = createEditor(createMask(512, 512), (rect) => redraw(rect));
 */
export function createEditor(mask: Mask, onChange: (rect: Rect) => void): Editor {
  const history = createHistory();
  let revision = 0;
  let stroke: { before: Mask; touched: Rect; last: Dab; classId: number } | undefined;

  const changed = (rect: Rect): void => {
    if (!isEmpty(rect)) onChange(rect);
  };
  const snapshot = (): Mask => ({ ...mask, pixels: mask.pixels.slice() });
  /** Ends a gesture: true if it changed any pixel. */
  const commit = (before: Mask, rect: Rect): boolean => {
    const did = history.record(mask, rect, copyRect(before, rect));
    if (did) revision++;
    return did;
  };
  const once = (act: () => Rect): boolean => {
    end();
    const before = snapshot();
    const rect = act();
    const did = commit(before, rect);
    changed(rect);
    return did;
  };
  const extend = (dab: Dab): void => {
    if (!stroke) return;
    const rect = paintCapsule(mask, stroke.last, dab, stroke.classId);
    stroke.last = dab;
    stroke.touched = union(stroke.touched, rect);
    changed(rect);
  };
  function end(): void {
    if (!stroke) return;
    const { before, touched } = stroke;
    stroke = undefined;
    commit(before, touched);
    // Whoever saves hears of the end, too.
    changed(touched);
  }
  const travel = (step: 'undo' | 'redo'): void => {
    end();
    const rect = history[step](mask);
    if (isEmpty(rect)) return;
    revision++;
    changed(rect);
  };

  return {
    mask,
    get revision() {
      return revision;
    },
    get canUndo() {
      return history.canUndo;
    },
    get canRedo() {
      return history.canRedo;
    },
    get painting() {
      return stroke !== undefined;
    },
    beginStroke(dab, classId) {
      end();
      stroke = { before: snapshot(), touched: emptyRect, last: dab, classId };
      extend(dab);
    },
    extendStroke: extend,
    endStroke: end,
    cancelStroke() {
      if (!stroke) return;
      const { before, touched } = stroke;
      stroke = undefined;
      mask.pixels.set(before.pixels);
      changed(touched);
    },
    fillPolygon: (corners, classId) => once(() => fillPolygon(mask, corners, classId)),
    floodClass: (at, classId) => once(() => floodClass(mask, at, classId)),
    floodBrightness: (brightness, at, options) =>
      once(() => floodBrightness(mask, brightness, at, options)),
    threshold: (brightness, options) => once(() => applyThreshold(mask, brightness, options)),
    replace(ids) {
      if (ids.length !== mask.pixels.length)
        throw new RangeError(
          `editor: the mask has ${mask.pixels.length} pixels, got ${ids.length}`,
        );
      return once(() => {
        mask.pixels.set(ids);
        return { left: 0, top: 0, right: mask.width, bottom: mask.height };
      });
    },
    undo: () => travel('undo'),
    redo: () => travel('redo'),
  };
}
