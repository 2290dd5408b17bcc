/**
 * MONAI data lists (and the Medical Segmentation Decathlon's dataset.json, where its files are 2-D):
 * a JSON file with `training`, `validation` and `test` lists of `{ image, label }`.
 */
import { posix } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../errors.ts';
import type { Problem } from '../manifest.ts';
import { basename, imageKey, isImage, splitOf, stem } from './names.ts';
import { type Found, type FoundCase, readJson, type Tree, within } from './tree.ts';

const paths = z.union([z.string(), z.array(z.string()).min(1)]);
const item = z.union([
  z.string().transform((image) => ({ image, label: undefined })),
  z.object({ image: paths, label: z.string().optional() }),
]);
const datalist = z.looseObject({ training: z.array(item) });

export async function monaiDatalist(tree: Tree): Promise<Found | undefined> {
  for (const path of tree.files.filter((file) => /^[^/]+\.json$/i.test(file))) {
    const parsed = datalist.safeParse(await readJson(tree, path));
    if (parsed.success) return casesOf(tree, path, parsed.data);
  }
  return undefined;
}

function casesOf(tree: Tree, path: string, lists: Record<string, unknown>): Found {
  const present = new Set(tree.files);
  const problems: Problem[] = [];
  const cases: FoundCase[] = [];
  for (const [key, list] of Object.entries(lists)) {
    const split = splitOf(key);
    const items = z.array(item).safeParse(list);
    if (!split || !items.success) continue;
    for (const { image, label } of items.data) {
      const images = [image].flat().map(posix.normalize);
      const masks = label === undefined ? [] : [posix.normalize(label)];
      const missing = [...images, ...masks].find((file) => !present.has(file));
      if (missing !== undefined) {
        problems.push({
          severity: 'error',
          kind: masks.includes(missing) ? 'missing-mask' : 'missing-image',
          message: `${within(tree, missing)}: is listed in ${path} but not there; add the file or remove the entry`,
        });
        continue;
      }
      if (!images.every(isImage)) {
        throw new DataError(
          `${within(tree, path)}: lists ${images[0]}, which is no 2-D image; cut volumes into slices first (genseg data prepare does so for the Decathlon)`,
        );
      }
      const id = imageKey(stem(basename(images[0])));
      cases.push({ id, images, masks: masks.map((mask) => ({ path: mask })), split });
    }
  }
  return { layout: `MONAI data list (${path})`, cases, problems };
}
