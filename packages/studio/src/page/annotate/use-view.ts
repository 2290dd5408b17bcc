/** Which part of the image the painting area shows: all of it at first, then as it was zoomed and moved. */
import { type RefObject, useEffect, useEffectEvent, useState } from 'react';
import { fit, keepInSight, type Size, type View, zoomAt } from '../engine/index.ts';

export interface Sight {
  readonly view: View;
  /** Of the area, in CSS pixels; undefined until it has been measured. */
  readonly size: Size | undefined;
  /** Shows another part, but always some of the image. */
  readonly move: (next: View) => void;
  /** The middle stays where it is. */
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
}

export function useView(
  area: RefObject<HTMLElement | null>,
  image: Size,
  onResize: (size: Size) => void,
): Sight {
  const [size, setSize] = useState<Size>();
  const [view, setView] = useState<View>({ scale: 1, x: 0, y: 0 });
  const resized = useEffectEvent(onResize);

  useEffect(() => {
    let known = false;
    const sized = new ResizeObserver(([{ contentRect }]) => {
      const next = { width: contentRect.width, height: contentRect.height };
      resized(next);
      setSize(next);
      if (!known) setView(fit(image, next));
      known = true;
    });
    sized.observe(area.current!);
    return () => sized.disconnect();
  }, [area, image]);

  const move = (next: View) => setView(size ? keepInSight(next, image, size) : next);
  return {
    view,
    size,
    move,
    zoom: (factor) => {
      if (size) move(zoomAt(view, { x: size.width / 2, y: size.height / 2 }, factor));
    },
    fit: () => {
      if (size) setView(fit(image, size));
    },
  };
}
