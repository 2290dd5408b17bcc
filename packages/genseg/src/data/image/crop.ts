/** A rectangle of an image; beyond the image's edge its last pixels go on. */
import type { Image, Size } from './image.ts';

/** @param at the rectangle's first column x and row y, px, and its size. */
export function cropImage<T extends Image>(image: T, at: Size & { x: number; y: number }): T {
  const { channels, data: source } = image;
  const inside = (value: number, length: number) => Math.min(length - 1, Math.max(0, value));
  const columns = Int32Array.from(
    { length: at.width },
    (_, i) => inside(at.x + i, image.width) * channels,
  );
  const length = at.width * at.height * channels;
  const data = image.bits === 16 ? new Uint16Array(length) : new Uint8Array(length);
  let target = 0;
  for (let row = 0; row < at.height; row++) {
    const start = inside(at.y + row, image.height) * image.width * channels;
    for (const column of columns) {
      for (let c = 0; c < channels; c++) data[target++] = source[start + column + c];
    }
  }
  return { ...image, data, width: at.width, height: at.height };
}
