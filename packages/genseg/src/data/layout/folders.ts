/** Two folders: `images/` beside `masks/` under their usual names, each with subfolders or not. */
import { isImage, isPolygons } from './names.ts';
import { named, pairByName } from './pair.ts';
import type { Found, Tree } from './tree.ts';

const imageFolders = ['images', 'imgs', 'image', 'x'];
const maskFolders = ['masks', 'labels', 'annotations', 'gt', 'mask', 'y'];

/** Whether a folder's name says that it holds images. */
export const isImageFolder = (name: string) => imageFolders.includes(name.toLowerCase());

export async function folders(tree: Tree): Promise<Found | undefined> {
  const images = firstFolder(tree, imageFolders, isImage);
  if (!images) return undefined;
  const masks = firstFolder(tree, maskFolders, (path) => isImage(path) || isPolygons(path));
  const { cases, problems } = pairByName(
    tree,
    images.files.map((path) => named(path, images.folder)),
    masks?.files.map((path) => named(path, masks.folder)) ?? [],
  );
  const layout = masks ? `two folders (${images.folder}, ${masks.folder})` : images.folder;
  return { layout, cases, problems };
}

/** The first of the candidate folders that holds wanted files. */
function firstFolder(tree: Tree, candidates: readonly string[], wanted: (path: string) => boolean) {
  for (const candidate of candidates) {
    const files = tree.files.filter(
      (path) => path.toLowerCase().startsWith(`${candidate}/`) && wanted(path),
    );
    if (files.length > 0) return { folder: files[0].slice(0, candidate.length), files };
  }
  return undefined;
}
