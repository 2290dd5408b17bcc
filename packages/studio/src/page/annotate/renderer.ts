/**
 * Draws image and mask on a canvas, at most once per frame, and of a stroke only what it touched: the cost of a
 * frame goes with the brush, not with the image.
 */
import {
  clip,
  colourRect,
  isEmpty,
  type Mask,
  paletteWords,
  type Rect,
  type Size,
  screenRect,
  union,
  type View,
} from '../engine/index.ts';

export interface Look {
  readonly view: View;
  readonly opacity: number;
  readonly classes: readonly { id: number; colour: string; hidden?: boolean }[];
}

export interface Renderer {
  /** Pixels of the mask changed. */
  touch(rect: Rect): void;
  show(look: Look): void;
  /** The canvas has another size on the screen, in CSS pixels. */
  resize(size: Size): void;
  stop(): void;
}

const background = '#20242a';

export function createRenderer(
  canvas: HTMLCanvasElement,
  image: ImageBitmap,
  mask: Mask,
): Renderer {
  const context = canvas.getContext('2d', { alpha: false })!;
  const overlay = new OffscreenCanvas(mask.width, mask.height);
  const paint = overlay.getContext('2d')!;
  const whole: Rect = { left: 0, top: 0, right: mask.width, bottom: mask.height };
  let look: Look | undefined;
  let palette = paletteWords([]);
  let recolour = whole;
  let redraw: Rect | 'all' = 'all';
  let frame = 0;
  let size: Size = { width: 1, height: 1 };

  const soon = (): void => {
    frame ||= requestAnimationFrame(draw);
  };
  function draw(): void {
    frame = 0;
    if (!look) return;
    if (!isEmpty(recolour)) {
      const { left, top, right, bottom } = recolour;
      const pixels = new ImageData(colourRect(mask, recolour, palette), right - left, bottom - top);
      paint.putImageData(pixels, left, top);
      recolour = { left: 0, top: 0, right: 0, bottom: 0 };
    }
    const ratio = devicePixelRatio;
    const all: Rect = { left: 0, top: 0, right: canvas.width, bottom: canvas.height };
    const { scale, x, y } = look.view;
    const onCanvas: View = { scale: scale * ratio, x: x * ratio, y: y * ratio };
    const part =
      redraw === 'all' ? all : clip(screenRect(onCanvas, redraw), canvas.width, canvas.height);
    redraw = { left: 0, top: 0, right: 0, bottom: 0 };
    if (isEmpty(part)) return;
    context.save();
    context.beginPath();
    context.rect(part.left, part.top, part.right - part.left, part.bottom - part.top);
    context.clip();
    context.fillStyle = background;
    context.fillRect(part.left, part.top, part.right - part.left, part.bottom - part.top);
    context.setTransform(onCanvas.scale, 0, 0, onCanvas.scale, onCanvas.x, onCanvas.y);
    // Enlarged pixels are shown as pixels.
    context.imageSmoothingEnabled = onCanvas.scale < 1.5;
    context.drawImage(image, 0, 0);
    context.globalAlpha = look.opacity;
    if (look.opacity > 0) context.drawImage(overlay, 0, 0);
    context.restore();
  }
  return {
    touch(rect) {
      const inside = clip(rect, mask.width, mask.height);
      recolour = union(recolour, inside);
      if (redraw !== 'all') redraw = union(redraw, inside);
      soon();
    },
    show(next) {
      if (next.classes !== look?.classes) {
        palette = paletteWords(next.classes);
        recolour = whole;
      }
      look = next;
      redraw = 'all';
      soon();
    },
    resize(next) {
      size = next;
      canvas.width = Math.max(1, Math.round(size.width * devicePixelRatio));
      canvas.height = Math.max(1, Math.round(size.height * devicePixelRatio));
      redraw = 'all';
      // A resized canvas is empty until it is drawn.
      cancelAnimationFrame(frame);
      draw();
    },
    stop: () => cancelAnimationFrame(frame),
  };
}
