/**
 * `genseg predict`: masks for new images, with what each may be trusted with, and predictions.csv; one
 * unreadable file does not stop the rest.
 */
import { basename, join } from 'node:path';
import { resizeImage } from '../data/index.ts';
import { DataError } from '../errors.ts';
import { encodeMask, encodePng, encodeProbabilities, overlay } from '../picture/index.ts';
import { csvText, runPaths, writeFileAtomic } from '../run/index.ts';
import { loadModel, type Picture, segmentedNames, type TrainedModel } from '../segmenter/index.ts';
import { batchesAhead } from './ahead.ts';
import { channelEndings, type Input, inputsOf } from './inputs.ts';
import { outputNames, probabilitySuffixes, refuseOverwriting } from './output-names.ts';
import { type Choice, choosePrecision, type Precision, runIn } from './precision.ts';
import { openRun } from './run-state.ts';
import { type Judged, meanPredictedDice, readDomain } from './trust.ts';
import { asWhole, inTiles, type Opened, tileSize, type Way } from './ways.ts';

export interface PredictOptions {
  /** Folder for the masks, predictions.csv, and `_probability`, `_overlay`, `_uncertainty` files beside them. */
  out: string;
  probabilities: boolean;
  overlays: boolean;
  /** Whether to write maps of uncertainty: 16-bit gray, black where sure. */
  uncertainty: boolean;
  /** Masks and areas only: one view of each image instead of six. */
  fast: boolean;
  /** Whether to cut images into tiles that show as much as a training image; a number: of that width, px. Implies `fast`. */
  tile: boolean | number;
  /** Arithmetic of the model; auto: bf16 where it is faster here and gives the same masks. */
  precision: Precision;
  /** Width and height of a pixel in mm, where known. */
  spacing: readonly [x: number, y: number] | null;
}

export interface PredictedImage {
  /** Its file, or the first of several. */
  image: string;
  /** Named as the image; where others are named the same, also by its extension or folder. */
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
  /** Null where no image could be read. */
  precision: Choice | null;
}

/** Writes what was asked for of an image. @param name of its files. */
function write(
  { mask, probabilities, trust, ...size }: Judged,
  whole: Picture | null,
  { info }: TrainedModel,
  { out, uncertainty, name, ...options }: PredictOptions & { name: string },
): Omit<PredictedImage, 'image'> {
  const names = segmentedNames(info);
  const path = (suffix: string) => join(out, `${name}${suffix}.png`);
  const save = (suffix: string, png: Uint8Array) =>
    writeFileAtomic(path(suffix), png, { durable: false });
  save('', encodeMask(mask, size, { binary: info.classes.length === 2 }));
  if (whole) save('_overlay', encodePng(overlay(whole, mask)));
  if (options.probabilities) {
    const suffixes = probabilitySuffixes(names);
    probabilities.forEach((plane, i) => {
      save(suffixes[i], encodeProbabilities(plane, size, { bits: 16 }));
    });
  }
  if (trust && uncertainty) {
    const inside = { width: info.size, height: info.size };
    const plane = resizeImage(trust.map, inside, size).map((value) => Math.min(1, value));
    save('_uncertainty', encodeProbabilities(plane, size, { bits: 16 }));
  }
  const pixelsById = new Float64Array(256);
  for (const id of mask) pixelsById[id] += 1;
  const count = (ids: readonly number[]) => ids.reduce((sum, id) => sum + pixelsById[id], 0);
  const classes = names.map((className, i) => {
    const pixels = count(info.regions?.[i].classes ?? [i + 1]);
    const areaMm2 = options.spacing && pixels * options.spacing[0] * options.spacing[1];
    return [
      className,
      { pixels, areaMm2, predictedDice: orNull(trust?.predictedDice[i]) },
    ] as const;
  });
  return {
    mask: path(''),
    foreground: (mask.length - pixelsById[0]) / mask.length,
    uncertainty: trust?.uncertainty ?? null,
    predictedDice: trust && meanPredictedDice(trust),
    novelty: trust?.novelty ?? null,
    classes: Object.fromEntries(classes),
  };
}

const orNull = (value = Number.NaN): number | null => (Number.isNaN(value) ? null : value);

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

/** A name for each image's results. @throws ConfigError where one would overwrite an image. */
function namesFor(
  images: readonly Input[],
  { info }: TrainedModel,
  { out, overlays, probabilities, uncertainty }: PredictOptions,
): string[] {
  const suffixes = [
    ...['', ...(overlays ? ['_overlay'] : [])],
    ...(probabilities ? probabilitySuffixes(segmentedNames(info)) : []),
    ...(uncertainty ? ['_uncertainty'] : []),
  ];
  const names = outputNames(
    images.map(({ path }) => path),
    suffixes,
  );
  const files = names.flatMap((name) =>
    suffixes.map((suffix) => join(out, `${name}${suffix}.png`)),
  );
  refuseOverwriting(
    images.flatMap((image) => image.files),
    files,
  );
  return names;
}

/**
 * @throws DataError where the run has no model or an input does not exist, ConfigError where a mask would overwrite an
 *   image.
 */
export async function predictFiles(
  root: string,
  inputs: readonly string[],
  options: PredictOptions,
): Promise<Predicted> {
  const paths = runPaths(root);
  const { plan, data } = openRun(paths);
  using trained = loadModel(paths.checkpoints.best, plan.device);
  const { tile, spacing } = options;
  const { train, validation } = data.division;
  const known = [...train, ...validation];
  const images = inputsOf(inputs, channelEndings(known));
  const started = performance.now();
  const found =
    tile === false
      ? await predictBy(asWhole(trained, { ...options, domain: readDomain(paths) }), images, {
          trained,
          options,
        })
      : await predictBy(
          inTiles(
            trained,
            tileSize(known, { side: tile === true ? null : tile, spacing }),
            options,
          ),
          images,
          { trained, options },
        );
  writeFileAtomic(join(options.out, 'predictions.csv'), predictionsCsv(found.written));
  const imagesPerSecond = (found.written.length * 1000) / (performance.now() - started);
  return { run: root, ...found, imagesPerSecond };
}

/** Reads images while the model is at work on those before. */
async function predictBy<T extends Opened>(
  { atOnce, open, predict, trial }: Way<T>,
  images: readonly Input[],
  { trained, options }: { trained: TrainedModel; options: PredictOptions },
): Promise<Pick<Predicted, 'written' | 'failed' | 'precision'>> {
  const [written, failed]: [PredictedImage[], Predicted['failed']] = [[], []];
  const names = namesFor(images, trained, options);
  const { device } = trained.model.parameters()[0].value;
  let precision: Choice | null = null;
  let done = 0;
  const opened = async ({ files, problem }: Input): Promise<T | DataError> => {
    if (problem) return problem;
    try {
      return await open(files);
    } catch (error) {
      if (error instanceof DataError) return error;
      throw error;
    }
  };
  for await (const batch of batchesAhead(images, opened, atOnce)) {
    const readable = batch.filter((one): one is T => !(one instanceof DataError));
    let judged: Judged[] = [];
    if (readable.length > 0) {
      precision ??= choosePrecision(options.precision, () => trial(readable), { device });
      judged = runIn(precision.precision, device)(() => predict(readable));
    }
    for (const one of batch) {
      const [[image], name] = [images[done].files, names[done]];
      done += 1;
      if (one instanceof DataError) failed.push({ image, error: one.message });
      else {
        const of = write(judged.shift()!, one.whole, trained, { ...options, name });
        written.push({ image, ...of });
      }
    }
  }
  return { written, failed, precision };
}
