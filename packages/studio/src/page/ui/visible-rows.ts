/** Which rows of a long table are worth rendering: those in sight, and a few around them. */
import { type RefObject, useEffect, useState } from 'react';

export interface Rows {
  /** The first row to render, and one past the last. */
  readonly first: number;
  readonly end: number;
}

/**
 * @param above px from the top of the window down to the first row; negative once it is scrolled past
 */
export function rowsInSight(
  count: number,
  {
    rowHeight,
    above,
    window,
    overscan,
  }: { rowHeight: number; above: number; window: number; overscan: number },
): Rows {
  const first = Math.floor(-above / rowHeight) - overscan;
  const end = Math.ceil((window - above) / rowHeight) + overscan;
  return {
    first: Math.min(count, Math.max(0, first)),
    end: Math.min(count, Math.max(0, end)),
  };
}

/** Follows the window's scrolling. @param body the element that holds the rows */
export function useVisibleRows(
  body: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): Rows {
  const [rows, setRows] = useState<Rows>({ first: 0, end: Math.min(count, 20) });
  useEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const above = body.current?.getBoundingClientRect().top ?? 0;
      const next = rowsInSight(count, { rowHeight, above, window: innerHeight, overscan: 6 });
      setRows((old) => (old.first === next.first && old.end === next.end ? old : next));
    };
    const soon = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    addEventListener('scroll', soon, { passive: true });
    addEventListener('resize', soon);
    // What stands above the table may grow or shrink.
    const layout = new ResizeObserver(soon);
    layout.observe(document.body);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', soon);
      removeEventListener('resize', soon);
      layout.disconnect();
    };
  }, [body, count, rowHeight]);
  return { first: Math.min(rows.first, count), end: Math.min(rows.end, count) };
}
