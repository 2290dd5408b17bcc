/**
 * What a data set's own `dataset.json` says of its masks: `labels` from names to values as nnU-Net has
 * them, or from values to names as the Medical Segmentation Decathlon. It may lie in any layout's folder.
 * Format: nnU-Net documentation, dataset_format.md.
 */
import { z } from 'zod';
import { type Found, type Level, readJson, type Tree } from './tree.ts';

const nnunetLabels = z.record(z.string(), z.union([z.int(), z.array(z.int())]));
const decathlonLabels = z
  .record(z.string().regex(/^\d+$/), z.string())
  .transform(
    (names): z.infer<typeof nnunetLabels> =>
      Object.fromEntries(Object.entries(names).map(([value, name]) => [name, Number(value)])),
  );
export const description = z.object({ labels: z.union([decathlonLabels, nnunetLabels]) });

/** The classes that a tree's `dataset.json` declares; undefined where it declares none. */
export async function readLabels(tree: Tree): Promise<Found['declared']> {
  if (!tree.files.includes('dataset.json')) return undefined;
  const parsed = description.safeParse(await readJson(tree, 'dataset.json'));
  return parsed.success ? declaredClasses(parsed.data.labels) : undefined;
}

/** Region labels (lists of values) overlap the plain ones and are left out; "ignore" is background. */
function declaredClasses(labels: z.infer<typeof nnunetLabels>): Found['declared'] {
  const plain = Object.entries(labels).filter((entry): entry is [string, number] =>
    Number.isInteger(entry[1]),
  );
  const classes = plain.filter(([name]) => name !== 'ignore').sort(([, a], [, b]) => a - b);
  if (classes[0]?.[1] !== 0) return undefined;
  const levels: Level[] = classes.map(([, code], i) => ({ code, class: i }));
  const ignore = plain.find(([name]) => name === 'ignore');
  if (ignore) levels.push({ code: ignore[1], class: 0 });
  return { classes: classes.map(([name]) => name), levels };
}
