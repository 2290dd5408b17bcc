/**
 * An acquisition shift, simulated: gray images as a scanner with another curve, less contrast, a softer
 * focus and more noise would have taken them. It stands in for images of another hospital where there are
 * none, and shows less than they would.
 */
import sharp from 'sharp';

export const acquisitionShift = {
  gamma: 1.8, // output = input ^ (1 / gamma), on 0..1
  contrast: 0.6, // of the range, around the middle
  focus: 1.5, // standard deviation of the blur, px
  noise: 8, // standard deviation, of 255
};

/** @param from an 8-bit gray image. @param normal standard normal numbers. @param to a PNG file. */
export async function shiftImage(from: string, to: string, normal: () => number): Promise<void> {
  const { gamma, contrast, focus, noise } = acquisitionShift;
  const { data, info } = await sharp(from)
    .toColourspace('b-w')
    .blur(focus)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const shifted = Uint8Array.from(data, (value) => {
    const curved = 255 * (value / 255) ** (1 / gamma);
    const flat = 127.5 + contrast * (curved - 127.5);
    return Math.max(0, Math.min(255, Math.round(flat + noise * normal())));
  });
  const { width, height } = info;
  await sharp(shifted, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(to);
}

/** Standard normal numbers (Box and Muller 1958) from a linear congruential stream, the same everywhere. */
export function gaussian(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
