/**
 * `genseg predict`: masks for new images, with what each may be trusted with, and predictions.csv; one
 * unreadable file does not stop the rest.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { isImage, readImage, resizeImage, scaled } from '../data/index.ts';
import { DataError } from '../errors.ts';
import { encodeMask, encodePng, encodeProbabilities, overlay } from '../picture/index.ts';
import { csvText, runPaths, writeFileAtomic } from '../run/index.ts';
import { loadModel, predict, segmentedNames, type TrainedModel } from '../train/index.ts';
import type { Domain } from '../trust/index.ts';
import { openRun } from './run-state.ts';
import { meanPredictedDice, noveltyOf, readDomain, uncertaintyIn } from './trust.ts';

export interface PredictOptions {
  /** Folder for the masks, predictions.csv, and `_probability`, `_overlay`, `_uncertainty` files beside them. */
  out: string;
  probabilities: boolean;
  overlays: boolean;
  /** Whether to write maps of uncertainty: 16-bit gray, black where sure. */
  uncertainty: boolean;
  /** Masks and areas only: one view of each image instead of seven. */
  fast: boolean;
  /** Width and height of a pixel in mm, where known. */
  spacing: readonly [x: number, y: number] | null;
}

export interface PredictedImage {
  image: string;
  mask: string;
  /** Share of the image's pixels that belong to any class. */
  foreground: number;
  /** 0 (sure) to 1; null when not asked for. */
  uncertainty: number | null;
  /** Mean over the classes; null where no class is found, or when not asked for. */
  predictedDice: number | null;
  /** Above 1: unlike the training images; null where the run does not know, or when not asked for. */
  novelty: number | null;
  /** By the name of the class or region. */
  classes: Record<string, PredictedClass>;
}

export interface PredictedClass {
  pixels: number;
  /** Null where the size of a pixel is not known. */
  areaMm2: number | null;
  predictedDice: number | null;
}

export interface Predicted {
  run: string;
  written: PredictedImage[];
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
  trained: TrainedModel,
  options: PredictOptions & { domain: Domain | null },
): Promise<PredictedImage> {
  const { model, info, task } = trained;
  const image = await readImage(file);
  const { width, height } = image;
  const sample = { width, height, image: scaled(image, info.fingerprint, file) };
  const { mask, probabilities } = predict(model, sample, { size: info.size, task });
  const names = segmentedNames(info);
  const path = (suffix: string) => join(options.out, `${name}${suffix}.png`);
  writeFileAtomic(path(''), encodeMask(mask, sample, { binary: info.classes.length === 2 }));
  if (options.overlays) writeFileAtomic(path('_overlay'), encodePng(overlay(sample, mask)));
  if (options.probabilities) {
    probabilities.forEach((plane, i) => {
      const suffix = names.length > 1 ? `_probability_${names[i]}` : '_probability';
      writeFileAtomic(path(suffix), encodeProbabilities(plane, sample, { bits: 16 }));
    });
  }
  const trust = options.fast ? null : uncertaintyIn(trained, sample);
  if (trust && options.uncertainty) {
    const [inside, whole] = [{ width: info.size, height: info.size }, sample];
    const plane = resizeImage(trust.map, inside, whole).map((value) => Math.min(1, value));
    writeFileAtomic(path('_uncertainty'), encodeProbabilities(plane, whole, { bits: 16 }));
  }
  const idsOf = (i: number) => info.regions?.[i].classes ?? [i + 1];
  const classes = names.map((className, i) => {
    const ids = idsOf(i);
    const pixels = mask.reduce((count, id) => count + (ids.includes(id) ? 1 : 0), 0);
    const areaMm2 = options.spacing && pixels * options.spacing[0] * options.spacing[1];
    return [className, { pixels, areaMm2, predictedDice: known(trust?.predictedDice[i]) }] as const;
  });
  const pixels = mask.reduce((count, id) => count + (id > 0 ? 1 : 0), 0);
  return {
    image: file,
    mask: path(''),
    foreground: pixels / mask.length,
    uncertainty: trust?.uncertainty ?? null,
    predictedDice: trust && meanPredictedDice(trust),
    novelty: options.fast ? null : noveltyOf(trained, sample, options.domain),
    classes: Object.fromEntries(classes),
  };
}

const known = (value = Number.NaN): number | null => (Number.isNaN(value) ? null : value);

const columns = [
  'image',
  'mask',
  'class',
  'pixels',
  'area_mm2',
  'predicted_dice',
  'uncertainty',
  'novelty',
];

/** One row for each image and class. */
function predictionsCsv(written: readonly PredictedImage[]): string {
  const rows = written.flatMap(({ image, mask, uncertainty, novelty, classes }) =>
    Object.entries(classes).map(([name, { pixels, areaMm2, predictedDice }]) => [
      ...[image, basename(mask), name, pixels],
      ...[
        areaMm2 ?? undefined,
        predictedDice ?? undefined,
        uncertainty ?? undefined,
        novelty ?? undefined,
      ],
    ]),
  );
  return csvText(columns, rows);
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
  const domain = readDomain(paths);
  const files = imageFiles(inputs);
  const names = outputNames(files);
  const result: Predicted = { run: root, written: [], failed: [], imagesPerSecond: 0 };
  const started = performance.now();
  for (const [i, file] of files.entries()) {
    try {
      result.written.push(await predictFile(file, names[i], trained, { ...options, domain }));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      result.failed.push({ image: file, error: error.message });
    }
  }
  writeFileAtomic(join(options.out, 'predictions.csv'), predictionsCsv(result.written));
  result.imagesPerSecond = (result.written.length * 1000) / (performance.now() - started);
  return result;
}
