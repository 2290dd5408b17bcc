/** Two folders: `images/` beside `masks/` under their usual names, each with subfolders or not. */
import { isImage, isPolygons, splitOf } from './names.ts';
import { named, pairByName } from './pair.ts';
import type { Found, Tree } from './tree.ts';

const imageFolders = ['images', 'imgs', 'image', 'img', 'x', 'original', 'jpegimages'];
const maskFolders = [
  ...['masks', 'labels', 'annotations', 'gt', 'mask', 'y', 'label', 'annotation', 'groundtruth'],
  ...['segmentations', 'segmentation', 'segmentationclass'],
];

/** "Ground Truth" and ground_truth are one name. */
const plain = (folder: string) => folder.toLowerCase().replace(/[ _-]/g, '');
const topFolder = (path: string) => path.slice(0, Math.max(0, path.indexOf('/')));

/** Whether a folder's name says that it holds images. */
export const isImageFolder = (name: string) => imageFolders.includes(plain(name));

export async function folders(tree: Tree): Promise<Found | undefined> {
  const images = firstFolder(tree, imageFolders, isImage);
  if (images.length === 0) return undefined;
  const masks = firstFolder(tree, maskFolders, (path) => isImage(path) || isPolygons(path));
  const inFolder = (path: string) => named(path, topFolder(path));
  const pairs = pairByName(tree, images.map(inFolder), masks.map(inFolder));
  const names = [images, masks].flatMap(([first]) => (first ? [topFolder(first)] : []));
  const layout = names.length > 1 ? `two folders (${names.join(', ')})` : names[0];
  return { layout, ...pairs };
}

/** The wanted files of the first of the candidate folders that holds any. */
function firstFolder(tree: Tree, candidates: readonly string[], wanted: (path: string) => boolean) {
  const files = tree.files.filter((path) => path.includes('/') && wanted(path));
  return (
    candidates
      .map((candidate) => files.filter((path) => plain(topFolder(path)) === candidate))
      .find((found) => found.length > 0) ?? []
  );
}

/**
 * What folders side by side hold and how they should be called; undefined where there is but one.
 * Deeper ones (runs, other data sets) hold no masks of these images.
 */
export function unpairedFolders(tree: Tree): string | undefined {
  const types = new Map<string, Map<string, number>>();
  for (const path of tree.files) {
    const folders = path.split('/').slice(0, -1);
    if (folders.length !== (splitOf(folders[0] ?? '') ? 2 : 1)) continue;
    const folder = folders.join('/');
    const type = path.match(/(\.nii)?\.[^./]+$/)?.[0] ?? 'without type';
    const counts = types.get(folder) ?? new Map<string, number>();
    types.set(folder, counts.set(type, (counts.get(type) ?? 0) + 1));
  }
  if (types.size < 2) return undefined;
  const found = [...types].map(
    ([folder, counts]) =>
      `${folder} (${[...counts].map(([type, n]) => `${n} ${type}`).join(', ')})`,
  );
  const [image, ...images] = imageFolders;
  const [mask, ...masks] = maskFolders;
  return `${tree.root}: no image has a mask; there are the folders ${found.join(', ')}; rename that of the images to ${image} (or ${images.join(', ')}), that of the masks to ${mask} (or ${masks.join(', ')}), and each mask (PNG, JPEG, TIFF, BMP, GIF or polygons) to its image's name`;
}
