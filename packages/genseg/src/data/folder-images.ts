/** The images of a folder that is no data set, for prediction: without masks beside them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import { isVolume, volumesAreNotRead } from './image/raster.ts';
import { isImageFolder } from './layout/folders.ts';
import { isImage, masksAmong } from './layout/names.ts';
import { wordedMasksAmong } from './layout/words.ts';

/**
 * The images in a folder, or where it holds none in its images/, in order; and the files that their names call masks of
 * them. @throws DataError where there is no image.
 */
export function imagesIn(folder: string): { images: string[]; masks: string[] } {
  const names = readdirSync(folder).sort();
  const pictures = names.filter(isImage);
  if (pictures.length > 0) {
    const called = masksAmong(pictures);
    const masks = new Set(called.length > 0 ? called : wordedMasksAmong(pictures));
    const at = (name: string) => join(folder, name);
    return {
      images: pictures.filter((name) => !masks.has(name)).map(at),
      masks: [...masks].map(at),
    };
  }
  const quiet = { throwIfNoEntry: false } as const; // a link that leads nowhere
  const within = names.filter(
    (name) => !name.startsWith('.') && statSync(join(folder, name), quiet)?.isDirectory(),
  );
  const inner = within.find(isImageFolder);
  if (inner) return imagesIn(join(folder, inner));
  if (names.some(isVolume)) throw new DataError(`${folder}: ${volumesAreNotRead}`);
  const searched =
    within.length > 0
      ? `, and its subfolders are not searched (${within.join('/, ')}/); give the one that holds the images`
      : '';
  throw new DataError(`${folder}: there is no image in this folder${searched}`);
}
