/** The split that a download's own folder names tell. */
import { splitOf } from '../../layout/names.ts';
import type { Split } from '../../manifest.ts';
import type { Names } from '../public-set.ts';

/** From a placeholder `{split}` that stands for `Train`, `Validation`, `Test` or their like. */
export function officialSplit({ split }: Names): Split {
  const found = splitOf(split);
  if (!found) throw new Error(`the recipe takes "${split}" for a split`);
  return found;
}
