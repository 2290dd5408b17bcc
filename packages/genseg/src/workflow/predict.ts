/** `genseg predict`: masks for new images; one unreadable file does not stop the rest. */
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { isImage, readImage, scaled } from '../data/index.ts';
import { DataError } from '../errors.ts';
import { encodeMask, encodePng, encodeProbabilities, overlay } from '../picture/index.ts';
import { runPaths, writeFileAtomic } from '../run/index.ts';
import { loadModel, predict, type TrainedModel } from '../train/index.ts';
import { openRun } from './run-state.ts';

export interface PredictOptions {
  /** Folder for the masks, and for `_probability` and `_overlay` files beside them. */
  out: string;
  probabilities: boolean;
  overlays: boolean;
}

export interface Predicted {
  run: string;
  written: { image: string; mask: string; foreground: number }[];
  failed: { image: string; error: string }[];
  imagesPerSecond: number;
}

/** Files as given, folders as the images in them, in order. */
function imageFiles(inputs: readonly string[]): string[] {
  return inputs.flatMap((input) => {
    const found = statSync(input, { throwIfNoEntry: false });
    if (!found) throw new DataError(`${input}: there is no such file or folder`);
    if (!found.isDirectory()) return [input];
    const images = readdirSync(input).filter(isImage).sort();
    if (images.length === 0) throw new DataError(`${input}: there is no image in this folder`);
    return images.map((name) => join(input, name));
  });
}

/** A name for each file's results, its own where that is unique. */
function outputNames(files: readonly string[]): string[] {
  const stem = (file: string) => basename(file, extname(file));
  const counts = new Map<string, number>();
  for (const file of files) counts.set(stem(file), (counts.get(stem(file)) ?? 0) + 1);
  return files.map((file) =>
    counts.get(stem(file))! > 1 ? basename(file).replaceAll('.', '_') : stem(file),
  );
}

async function predictFile(
  file: string,
  name: string,
  { model, info }: TrainedModel,
  options: PredictOptions,
) {
  const image = await readImage(file);
  const { width, height } = image;
  const sample = { width, height, image: scaled(image, info.fingerprint, file) };
  const { mask, probabilities } = predict(model, sample, info);
  const path = (suffix: string) => join(options.out, `${name}${suffix}.png`);
  writeFileAtomic(path(''), encodeMask(mask, sample, { binary: info.classes.length === 2 }));
  if (options.overlays) writeFileAtomic(path('_overlay'), encodePng(overlay(sample, mask)));
  if (options.probabilities) {
    const several = probabilities.length > 1;
    probabilities.forEach((plane, i) => {
      const suffix = several ? `_probability_${info.classes[i + 1]}` : '_probability';
      writeFileAtomic(path(suffix), encodeProbabilities(plane, sample, { bits: 16 }));
    });
  }
  const foreground = mask.reduce((count, id) => count + (id > 0 ? 1 : 0), 0) / mask.length;
  return { image: file, mask: path(''), foreground };
}

/** @throws DataError where the run has no model or an input does not exist. */
export async function predictFiles(
  root: string,
  inputs: readonly string[],
  options: PredictOptions,
): Promise<Predicted> {
  const paths = runPaths(root);
  const { plan } = openRun(paths);
  using trained = loadModel(paths.checkpoints.best, plan.device);
  const files = imageFiles(inputs);
  const names = outputNames(files);
  const result: Predicted = { run: root, written: [], failed: [], imagesPerSecond: 0 };
  const started = performance.now();
  for (const [i, file] of files.entries()) {
    try {
      result.written.push(await predictFile(file, names[i], trained, options));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      result.failed.push({ image: file, error: error.message });
    }
  }
  result.imagesPerSecond = (result.written.length * 1000) / (performance.now() - started);
  return result;
}
