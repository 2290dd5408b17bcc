/** The images that `genseg predict` is given as files and folders; each has several files where those of the training data had. */
import { statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { type Case, imagesIn } from '../data/index.ts';
import { DataError } from '../errors.ts';

export interface ImageToPredict {
  /** What its results are named after: its file, without the number where there are several. */
  readonly path: string;
  /** In the order of the model's channels. */
  readonly files: readonly string[];
  /** Why it cannot be predicted: it lacks files, or has others. */
  readonly problem: DataError | null;
}

/** nnU-Net's number of a channel's file. */
const number = /_\d{4}$/;
const stem = (path: string): string => basename(path, extname(path));
const endingOf = (file: string): string => stem(file).match(number)?.[0] ?? '';

/**
 * The endings of an image's files, `_0000`, `_0001`, in the order of the channels; null where the images have a file each.
 * Where files are listed under names of their own, new images have theirs numbered.
 */
export function channelEndings(cases: readonly Pick<Case, 'images'>[]): readonly string[] | null {
  const several = cases.find(({ images }) => images.length > 1);
  if (!several) return null;
  const own = several.images.map(({ path }) => endingOf(path));
  const byName = own.every((ending) => ending !== '');
  return byName ? own : own.map((_, i) => `_${String(i).padStart(4, '0')}`);
}

/** The masks beside their images in the folders that are given: no images to predict. */
export const masksBeside = (given: readonly string[]): string[] =>
  given.flatMap((path) => (statSync(path).isDirectory() ? imagesIn(path).masks : []));

/**
 * Files as given, folders as the images in them or in their images/, without masks beside their images, in order, each
 * once. @throws DataError where there is none.
 */
export function imagesToPredict(
  given: readonly string[],
  endings: readonly string[] | null,
): ImageToPredict[] {
  const files = [...new Map(given.flatMap(filesIn).map((file) => [resolve(file), file])).values()];
  if (!endings) return files.map((file) => ({ path: file, files: [file], problem: null }));
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const path = join(dirname(file), stem(file).replace(number, ''));
    groups.set(path, [...(groups.get(path) ?? []), file]);
  }
  return [...groups].map(([path, group]) => imageOf(path, group, endings));
}

function imageOf(
  path: string,
  group: readonly string[],
  endings: readonly string[],
): ImageToPredict {
  const order = (file: string) => endings.indexOf(endingOf(file));
  const files = group.toSorted((a, b) => order(a) - order(b));
  const found = files.map(endingOf);
  const whole = found.join() === endings.join();
  const problem = new DataError(
    `${path}: its files end in ${found.map((ending) => ending || 'no number').join(', ')} where the model was trained on ${endings.join(', ')} of each image; give each of them once`,
  );
  return { path: `${path}${extname(files[0])}`, files, problem: whole ? null : problem };
}

function filesIn(given: string): string[] {
  const found = statSync(given, { throwIfNoEntry: false });
  if (!found) throw new DataError(`${given}: there is no such file or folder`);
  if (!found.isDirectory()) return [given];
  return imagesIn(given).images;
}
