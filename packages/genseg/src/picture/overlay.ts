/**
 * A mask drawn over its image: every class as a translucent fill with a contour in its colour. With the
 * true mask given its contour is drawn above, white with a dark outer side that shows on bright images;
 * fill outside the white line is a false positive, no fill inside it a miss.
 */
import type { Size } from '../data/index.ts';
import { checkMask, type ImagePlanes, type Picture, paintImage } from './paint.ts';
import { type Colour, classColour } from './palette.ts';

/**
 * @param mask class ids `[H, W]`.
 * @param truth the true ones, where they are known.
 */
export function overlay(image: ImagePlanes, mask: Uint8Array, truth?: Uint8Array): Picture {
  checkMask('mask', mask, image);
  if (truth) checkMask('truth', truth, image);
  const canvas = paintImage(image);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 0) blend(canvas, i, { colour: classColour(mask[i]), opacity: 0.3 });
  }
  const thickness = Math.max(1, Math.round(Math.min(image.width, image.height) / 250));
  for (const i of edges(mask, image, thickness)) {
    if (mask[i] !== 0) blend(canvas, i, { colour: classColour(mask[i]), opacity: 1 });
  }
  if (truth) {
    for (const i of edges(truth, image, thickness)) {
      blend(canvas, i, truth[i] !== 0 ? whiteLine : shadow);
    }
  }
  return canvas;
}

const whiteLine: Paint = { colour: [255, 255, 255], opacity: 1 };
const shadow: Paint = { colour: [0, 0, 0], opacity: 0.5 };

interface Paint {
  readonly colour: Colour;
  readonly opacity: number;
}

function blend({ data }: Picture, pixel: number, { colour, opacity }: Paint): void {
  for (let c = 0; c < 3; c++) {
    const at = 3 * pixel + c;
    data[at] = Math.round((1 - opacity) * data[at] + opacity * colour[c]);
  }
}

/**
 * Indices of the pixels at the edge of a class, `thickness` of them deep. What lies outside the image
 * counts as the same class, so that no line runs along the border.
 */
function edges(mask: Uint8Array, { width, height }: Size, thickness: number): Set<number> {
  const found = new Set<number>();
  const stamp = disc(thickness - 1);
  for (let y = 0, i = 0; y < height; y++) {
    const up = y > 0 ? width : 0;
    const down = y < height - 1 ? width : 0;
    for (let x = 0; x < width; x++, i++) {
      const id = mask[i];
      const left = x > 0 ? 1 : 0;
      const right = x < width - 1 ? 1 : 0;
      const inside =
        mask[i - left] === id &&
        mask[i + right] === id &&
        mask[i - up] === id &&
        mask[i + down] === id;
      if (inside) continue;
      for (const [dx, dy] of stamp) {
        const [u, v] = [x + dx, y + dy];
        const at = v * width + u;
        if (u >= 0 && u < width && v >= 0 && v < height && mask[at] === id) found.add(at);
      }
    }
  }
  return found;
}

/** The offsets within a radius. */
function disc(radius: number): (readonly [number, number])[] {
  const span = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  return span
    .flatMap((dy) => span.map((dx) => [dx, dy] as const))
    .filter(([dx, dy]) => dx * dx + dy * dy <= radius * radius);
}
