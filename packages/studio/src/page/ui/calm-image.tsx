/**
 * A small picture in a list that is scrolled: asked for only once it has been there a moment, and given up
 * when it is gone, so that those in sight do not wait for hundreds that were scrolled past.
 */
import { useEffect, useState } from 'react';

/** ms; lists render some rows beyond what is in sight, so that slow scrolling does not show it. */
const moment = 120;

export function CalmImage({ src, alt, side }: { src: string; alt: string; side: number }) {
  const [calm, setCalm] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(true), moment);
    return () => clearTimeout(timer);
  }, []);
  return (
    <img
      ref={giveUp}
      src={calm ? src : undefined}
      alt={calm ? alt : ''}
      width={side}
      height={side}
      decoding="async"
    />
  );
}

/** An element that leaves the page would go on loading. */
const giveUp = (image: HTMLImageElement | null) => () => {
  if (image && !image.complete) image.src = '';
};
