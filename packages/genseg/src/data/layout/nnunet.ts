/**
 * nnU-Net v2 raw data sets with 2-D images: `dataset.json`, `imagesTr/ID_0000.png` (one file per
 * channel), `labelsTr/ID.png`; `imagesTs` and `labelsTs` are the test set.
 * Format: nnU-Net documentation, dataset_format.md.
 */
import { DataError } from '../../errors.ts';
import type { Problem, Split } from '../manifest.ts';
import { readDescription } from './labels.ts';
import { isImage, stem } from './names.ts';
import { type Found, type FoundCase, type Tree, within } from './tree.ts';

export async function nnunet(tree: Tree): Promise<Found | undefined> {
  if (!tree.files.some((path) => path.startsWith('imagesTr/'))) return undefined;
  if (!(await readDescription(tree))) return undefined;

  const problems: Problem[] = [];
  const cases = [
    ...casesIn(tree, { images: 'imagesTr', labels: 'labelsTr', split: 'train', problems }),
    ...casesIn(tree, { images: 'imagesTs', labels: 'labelsTs', split: 'test', problems }),
  ];
  if (cases.length === 0) {
    throw new DataError(
      `${within(tree, 'imagesTr')}: holds no 2-D image (PNG, JPEG, TIFF, BMP, GIF); cut the volumes into slices first (genseg data prepare does so for the Decathlon)`,
    );
  }
  return { layout: 'nnU-Net', cases, problems };
}

function casesIn(
  tree: Tree,
  {
    images,
    labels,
    split,
    problems,
  }: { images: string; labels: string; split: Split; problems: Problem[] },
): FoundCase[] {
  const inFolder = (folder: string) =>
    tree.files.filter((path) => path.startsWith(`${folder}/`) && isImage(path));
  const masks = new Map(
    inFolder(labels).map((path) => [stem(path).slice(labels.length + 1), path]),
  );
  const channels = new Map<string, string[]>();
  for (const path of inFolder(images)) {
    const id = stem(path)
      .slice(images.length + 1)
      .replace(/_\d{4}$/, '');
    channels.set(id, [...(channels.get(id) ?? []), path]);
  }
  for (const [id, path] of masks) {
    if (channels.has(id)) continue;
    problems.push({
      severity: 'warning',
      kind: 'missing-image',
      message: `${within(tree, path)}: has no image; add ${images}/${id}_0000.png or remove the mask`,
    });
  }
  return [...channels].map(([id, files]) => {
    const mask = masks.get(id);
    return { id, images: files, masks: mask ? [{ path: mask }] : [], split };
  });
}
