/**
 * dataset.json: what the values in the masks are called, in nnU-Net's words, so that training, its models and every
 * other program know the classes by the project's names, those that no mask shows yet included. One that the studio
 * did not write is the user's, and stays as it is.
 * Format: nnU-Net documentation, dataset_format.md.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Inspection } from 'genseg/data';
import { writeJsonAtomic } from 'genseg/run';
import type { ClassInfo } from '../api.ts';
import { holdsIds } from './masks.ts';
import type { ProjectPaths } from './paths.ts';

/** Stands in a file of ours, which is written anew whenever the classes change. */
const note = 'genseg studio, from studio.json; remove this line to keep changes of your own';

/** Whether dataset.json is the user's own: then it says what the classes are, not studio.json. */
export function declaresItself({ dataset }: ProjectPaths): boolean {
  return existsSync(dataset) && noteIn(dataset) !== note;
}

/** Whether there is one, and it is of the studio's making. */
export const isDeclared = (paths: ProjectPaths): boolean =>
  existsSync(paths.dataset) && !declaresItself(paths);

/** Whether the studio wrote, before it has looked through the masks again, that they hold class ids. */
export function declaresIds(paths: ProjectPaths): boolean {
  if (!isDeclared(paths)) return false;
  const { labels } = JSON.parse(readFileSync(paths.dataset, 'utf8')) as { labels: object };
  return Object.values(labels)
    .sort((a, b) => a - b)
    .every((value, id) => value === id);
}

function noteIn(path: string): unknown {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { writtenBy?: unknown } | null)?.writtenBy;
  } catch {
    return undefined; // not ours, then
  }
}

/**
 * Writes dataset.json, unless it is the user's or says so already.
 * @param found what the masks are by the last inspection; null: class ids.
 */
export function declareClasses(
  paths: ProjectPaths,
  classes: readonly ClassInfo[],
  found: Inspection | null,
): void {
  if (declaresItself(paths)) return;
  const labels = labelsOf(classes, found);
  const { dataset } = paths;
  const old = existsSync(dataset) ? (JSON.parse(readFileSync(dataset, 'utf8')) as object) : {};
  if (JSON.stringify(old) === JSON.stringify({ writtenBy: note, labels })) return;
  writeJsonAtomic(dataset, { writtenBy: note, labels });
}

/**
 * Values by name. Masks of another coding (0 and 255) have no value for a class that none of them shows: it is left
 * out, until painting has made class ids of all.
 */
function labelsOf(classes: readonly ClassInfo[], found: Inspection | null): Record<string, number> {
  const coding = found?.manifest.coding;
  if (!coding || holdsIds(found, classes.length)) {
    return Object.fromEntries(classes.map(({ name }, id) => [name, id]));
  }
  const codeOf = (id: number) =>
    (coding.kind === 'value' ? coding.levels.find((level) => level.class === id)?.code : null) ??
    id;
  const shown = classes.slice(0, found.manifest.classes.length);
  return Object.fromEntries(shown.map(({ name }, id) => [name, codeOf(id)]));
}
