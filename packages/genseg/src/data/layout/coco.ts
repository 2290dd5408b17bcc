/** COCO: one or more JSON files that describe images anywhere below the folder by file name. */
import type { Problem } from '../manifest.ts';
import { parseCoco } from '../polygons/parse.ts';
import { basename, isImage, splitOf, stem } from './names.ts';
import { type Found, type FoundCase, readJson, type Tree, within } from './tree.ts';

export async function coco(tree: Tree): Promise<Found | undefined> {
  const images = tree.files.filter(isImage);
  const byPath = new Map(images.toReversed().map((path) => [basename(path), path]));
  for (const path of images) byPath.set(path, path);
  const cases: FoundCase[] = [];
  const problems: Problem[] = [];
  const descriptions: string[] = [];
  for (const path of tree.files.filter((file) => /^([^/]+\/)?[^/]+\.json$/i.test(file))) {
    const json = parseCoco(await readJson(tree, path));
    if (!json) continue;
    descriptions.push(path);
    const split =
      stem(basename(path))
        .split(/[^a-z]+/i)
        .map(splitOf)
        .find((name) => name !== null) ?? null;
    for (const { id, file_name } of json.images) {
      const image = byPath.get(file_name) ?? byPath.get(basename(file_name));
      if (image) {
        const masks = [{ path, entry: id }];
        cases.push({ id: stem(basename(image)), images: [image], masks, split });
      } else {
        problems.push({
          severity: 'error',
          kind: 'missing-image',
          message: `${within(tree, file_name)}: is described in ${path} but not there; add the image or remove the entry`,
        });
      }
    }
  }
  if (descriptions.length === 0) return undefined;
  return { layout: `COCO (${descriptions.join(', ')})`, cases, problems };
}
