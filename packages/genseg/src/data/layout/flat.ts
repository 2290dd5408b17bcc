/**
 * Flat pairs: `a.png` beside `a_mask.png`, or beside `a.json` (Labelme) or `a.geojson`; where there is none,
 * `img_a.png` beside `mask_a.png` or `a_image.png` beside `a_label.png`.
 */
import { isImage, isPolygons, masksAmong, namesMask, stem } from './names.ts';
import { named, pairByName } from './pair.ts';
import type { Found, Tree } from './tree.ts';
import { splitByPrefix } from './words.ts';

export async function flat(tree: Tree): Promise<Found | undefined> {
  const rasters = tree.files.filter(isImage);
  const images = rasters.filter((path) => !namesMask(stem(path)));
  if (images.length === 0) return undefined;
  const names = new Set(images.map(stem));
  const called = rasters.filter((path) => namesMask(stem(path)));
  const polygons = tree.files.filter((path) => isPolygons(path) && names.has(stem(path)));
  const pairs = polygons.length > 0 || masksAmong(rasters).length > 0;
  const split = (!pairs && splitByPrefix(images)) || { images, masks: [] };
  const found = { images: split.images, masks: [...split.masks, ...called, ...polygons] };
  const inRoot = (path: string) => named(path, '');
  return {
    layout: 'flat pairs',
    ...pairByName(tree, found.images.map(inRoot), found.masks.map(inRoot)),
  };
}
