/** Mask files of public data sets as class ids. The recipe says what a file means; here it is held to that. */
import { DataError } from '../../errors.ts';
import { colourOf, type MaskCodes } from '../mask/codes.ts';

/** From here on a gray value is foreground, where masks are black and white. */
const white = 128;

/**
 * Class ids `[H, W]` of a mask whose foreground is one class: black and white, also anti-aliased or damaged by
 * JPEG, or 0 and 1. @throws DataError for anything else.
 */
export function foregroundOf(mask: MaskCodes, id: number, file: string): Uint8Array {
  const colour = colourOf(mask);
  const brightness = Uint8Array.from(mask.codes, (code) => {
    const rgb = colour(code);
    return Math.max(rgb >> 16, (rgb >> 8) & 255, rgb & 255);
  });
  const brightest = brightness.reduce((most, value) => Math.max(most, value), 0);
  if (brightest > 1 && brightest < white && !mask.lossy) {
    throw new DataError(
      `${file}: has values from 0 to ${brightest} where a mask of 0 and 255 (or 0 and 1) is expected; download it again, or mend the mask`,
    );
  }
  const least = brightest === 1 ? 1 : white;
  return brightness.map((value) => (value >= least ? id : 0));
}

/** Class ids `[H, W]` of a mask whose values are ids. @throws DataError for values that are none. */
export function idsOf(
  { codes, kind }: Pick<MaskCodes, 'kind'> & { readonly codes: ArrayLike<number> },
  classes: number,
  file: string,
): Uint8Array {
  if (kind === 'colour') {
    throw new DataError(
      `${file}: is a mask in colours where the values 0 to ${classes - 1} are expected; download the masks of class values`,
    );
  }
  const ids = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const id = Math.round(codes[i]);
    if (!(id >= 0 && id < classes)) {
      throw new DataError(
        `${file}: has the value ${codes[i]} where the values 0 to ${classes - 1} are expected; download it again, or mend the mask`,
      );
    }
    ids[i] = id;
  }
  return ids;
}

/** One mask of several of one size: where a later one is not background it wins. */
export function merged(masks: readonly Uint8Array[]): Uint8Array {
  const all = masks[0].slice();
  for (const mask of masks.slice(1)) {
    for (let i = 0; i < all.length; i++) if (mask[i] !== 0) all[i] = mask[i];
  }
  return all;
}
