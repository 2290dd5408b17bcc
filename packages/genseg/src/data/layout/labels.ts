/**
 * What a data set's own `dataset.json` says of its masks: `labels` from names to values as nnU-Net has
 * them, or from values to names as the Medical Segmentation Decathlon. It may lie in any layout's folder.
 * Formats: nnU-Net documentation, dataset_format.md, ignore_label.md and region_based_training.md.
 */
import { z } from 'zod';
import { ignoredClass, type Region } from '../../classes.ts';
import { DataError } from '../../errors.ts';
import { type DeclaredLabels, type Level, readJson, type Tree, within } from './tree.ts';

const nnunetLabels = z.record(z.string(), z.union([z.int(), z.array(z.int()).min(1)]));
const decathlonLabels = z
  .record(z.string().regex(/^\d+$/), z.string())
  .transform(
    (names): Labels =>
      Object.fromEntries(Object.entries(names).map(([value, name]) => [name, Number(value)])),
  );
const description = z.object({
  labels: z.union([decathlonLabels, nnunetLabels]),
  /** Per region the value that it paints in predictions; later ones paint over earlier ones. */
  regions_class_order: z.array(z.int()).optional(),
});
type Labels = z.output<typeof nnunetLabels>;
type Description = z.output<typeof description>;

/** The name under which a data set declares the value of pixels without a label. */
const ignoreName = 'ignore';

/** A `dataset.json` that describes labels; undefined where there is none. */
export async function readDescription(tree: Tree): Promise<Description | undefined> {
  if (!tree.files.includes('dataset.json')) return undefined;
  return description.safeParse(await readJson(tree, 'dataset.json')).data;
}

/**
 * The classes that a tree's `dataset.json` declares; undefined where it declares none.
 * @throws DataError for regions that contradict themselves.
 */
export async function readLabels(tree: Tree): Promise<DeclaredLabels | undefined> {
  const found = await readDescription(tree);
  if (!found) return undefined;
  try {
    return declaredLabels(found);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(`${within(tree, 'dataset.json')}: ${cause.message}`, { cause });
  }
}

function declaredLabels({ labels, regions_class_order: order }: Description) {
  const { [ignoreName]: ignore, ...named } = labels;
  if (Array.isArray(ignore))
    throw new DataError(`the label "${ignoreName}" is a list; give it one value of its own`);
  const values = [...new Set(Object.values(named).flat())].sort((a, b) => a - b);
  if (values[0] !== 0) return undefined;
  const nameOf = (value: number) =>
    Object.keys(named).find((name) => [named[name]].flat().join() === String(value)) ??
    `value ${value}`;
  const levels: Level[] = values.map((code, i) => ({ code, class: i }));
  if (ignore !== undefined) levels.push({ code: ignore, class: ignoredClass });
  const declared: DeclaredLabels = { classes: values.map(nameOf), levels };
  const overlapping = Object.values(named).some(
    (value) => Array.isArray(value) && value.length > 1,
  );
  return overlapping ? { ...declared, regions: regionsOf(named, values, order) } : declared;
}

/** One value makes no region but a class; where there is a region, classes are regions too. */
function regionsOf(
  named: Labels,
  values: readonly number[],
  order: readonly number[] = [],
): Region[] {
  const regions = Object.entries(named).filter(([, value]) => [value].flat().join() !== '0');
  const ids = (codes: number | number[]) => [codes].flat().map((code) => values.indexOf(code));
  if (order.length !== regions.length)
    throw new DataError(
      `there are ${regions.length} regions (${regions.map(([name]) => name).join(', ')}) and ${order.length} values in regions_class_order; give for each region the value that it paints`,
    );
  return regions.map(([name, codes], i) => {
    const [paints] = ids(order[i]);
    const classes = ids(codes);
    if (classes.includes(0))
      throw new DataError(`the region "${name}" has the background in it; take the 0 out`);
    if (!classes.includes(paints))
      throw new DataError(
        `regions_class_order has ${order[i]} for "${name}", which is not a value of that region; give one of ${[codes].flat().join(', ')}`,
      );
    return { name, classes, paints };
  });
}
