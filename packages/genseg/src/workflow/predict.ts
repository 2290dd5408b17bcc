/**
 * `genseg predict`: masks for new images, with what each may be trusted with, and predictions.csv; one
 * unreadable file does not stop the rest.
 */
import { basename, join } from 'node:path';
import { resizeImage } from '../data/index.ts';
import { ConfigError, DataError } from '../errors.ts';
import { encodeMask, encodePng, encodeProbabilities, overlay } from '../picture/index.ts';
import { csvText, runPaths, writeFileAtomic } from '../run/index.ts';
import { loadModel, type Picture, segmentedNames, type TrainedModel } from '../segmenter/index.ts';
import { batchesAhead } from './ahead.ts';
import {
  channelEndings,
  type ImageToPredict,
  imagesToPredict,
  masksBeside,
} from './images-to-predict.ts';
import { outputNames, probabilitySuffixes, refuseOverwriting } from './output-names.ts';
import { type Choice, choosePrecision, type Precision, runIn } from './precision.ts';
import { openRun } from './run-state.ts';
import { type Judged, meanPredictedDice, readDomain } from './trust.ts';
import { asWhole, inTiles, type Opened, tileSize, type Way } from './ways.ts';

export interface PredictOptions {
  /** Folder for the masks, predictions.csv, and `_probability`, `_overlay`, `_uncertainty` files beside them. */
  out: string;
  /**
   * How each image is seen: in six views, which tell what its mask may be trusted with; in one, for masks and areas only;
   * or, so too, in tiles of a width in px, null: that show as much as a training image. By default `six`.
   */
  view?: 'six' | 'one' | { tile: number | null };
  /** What stands beside the masks, by default nothing; `uncertainty`: 16-bit gray maps, black where sure, of six views. */
  write?: readonly ('probabilities' | 'overlays' | 'uncertainty')[];
  /** Arithmetic of the model; auto: bf16 where it is faster here and gives the same masks. By default fp32. */
  precision?: Precision;
  /** Width and height of a pixel in mm, where known. */
  spacing?: readonly [x: number, y: number] | null;
}

/** What is done with every image, however it is seen. */
interface Use extends Required<Omit<PredictOptions, 'view'>> {
  trained: TrainedModel;
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
  /** Masks that lay beside their images in a folder, and were not taken for images. */
  skipped: string[];
  imagesPerSecond: number;
  /** Null where no image could be read. */
  precision: Choice | null;
}

/** Writes what was asked for of an image. @param name of its files. */
function writeImage(
  { mask, probabilities, trust, ...size }: Judged,
  whole: Picture | null,
  { trained: { info }, out, write, spacing, name }: Use & { name: string },
): Omit<PredictedImage, 'image'> {
  const names = segmentedNames(info);
  const path = (suffix: string) => join(out, `${name}${suffix}.png`);
  const save = (suffix: string, png: Uint8Array) =>
    writeFileAtomic(path(suffix), png, { durable: false });
  save('', encodeMask(mask, size, { binary: info.classes.length === 2 }));
  if (whole) save('_overlay', encodePng(overlay(whole, mask)));
  if (write.includes('probabilities')) {
    const suffixes = probabilitySuffixes(names);
    probabilities.forEach((plane, i) => {
      save(suffixes[i], encodeProbabilities(plane, size, { bits: 16 }));
    });
  }
  if (trust && write.includes('uncertainty')) {
    const inside = { width: info.size, height: info.size };
    const plane = resizeImage(trust.map, inside, size).map((value) => Math.min(1, value));
    save('_uncertainty', encodeProbabilities(plane, size, { bits: 16 }));
  }
  const pixelsById = new Float64Array(256);
  for (const id of mask) pixelsById[id] += 1;
  const count = (ids: readonly number[]) => ids.reduce((sum, id) => sum + pixelsById[id], 0);
  const classes = names.map((className, i) => {
    const pixels = count(info.regions?.[i].classes ?? [i + 1]);
    const areaMm2 = spacing && pixels * spacing[0] * spacing[1];
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
  images: readonly ImageToPredict[],
  { trained: { info }, out, write }: Use,
): string[] {
  const suffixes = [
    ...['', ...(write.includes('overlays') ? ['_overlay'] : [])],
    ...(write.includes('probabilities') ? probabilitySuffixes(segmentedNames(info)) : []),
    ...(write.includes('uncertainty') ? ['_uncertainty'] : []),
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
 *   image, and for maps of uncertainty without six views.
 * @example await predictFiles('runs/lungs', ['new-images'], { out: 'masks', write: ['overlays'] });
 */
export async function predictFiles(
  root: string,
  inputs: readonly string[],
  { out, view = 'six', write = [], precision = 'fp32', spacing = null }: PredictOptions,
): Promise<Predicted> {
  if (view !== 'six' && write.includes('uncertainty'))
    throw new ConfigError(
      "write has 'uncertainty', which is told by how six views of an image differ; leave it out, or take view: 'six'",
    );
  const paths = runPaths(root);
  const { plan, data } = openRun(paths);
  using trained = loadModel(paths.checkpoints.best, plan.device);
  const { train, validation } = data.division;
  const known = [...train, ...validation];
  const images = imagesToPredict(inputs, channelEndings(known));
  const started = performance.now();
  const use = { trained, out, write, precision, spacing };
  const [overlays, probabilities] = [write.includes('overlays'), write.includes('probabilities')];
  const whole = () =>
    asWhole(trained, { overlays, fast: view === 'one', domain: readDomain(paths) });
  const tiles = (side: number | null) =>
    inTiles(trained, tileSize(known, { side, spacing }), { overlays, probabilities });
  const found =
    typeof view === 'string'
      ? await predictBy(whole(), images, use)
      : await predictBy(tiles(view.tile), images, use);
  writeFileAtomic(join(out, 'predictions.csv'), predictionsCsv(found.written));
  const imagesPerSecond = (found.written.length * 1000) / (performance.now() - started);
  return { run: root, ...found, skipped: masksBeside(inputs), imagesPerSecond };
}

/** Reads images while the model is at work on those before. */
async function predictBy<T extends Opened>(
  { atOnce, open, predict, trial }: Way<T>,
  images: readonly ImageToPredict[],
  use: Use,
): Promise<Pick<Predicted, 'written' | 'failed' | 'precision'>> {
  const [written, failed]: [PredictedImage[], Predicted['failed']] = [[], []];
  const names = namesFor(images, use);
  const { device } = use.trained.model.parameters()[0].value;
  let precision: Choice | null = null;
  let done = 0;
  const opened = async ({ files, problem }: ImageToPredict): Promise<T | DataError> => {
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
      precision ??= choosePrecision(use.precision, () => trial(readable), { device });
      judged = runIn(precision.precision, device)(() => predict(readable));
    }
    for (const one of batch) {
      const [[image], name] = [images[done].files, names[done]];
      done += 1;
      if (one instanceof DataError) failed.push({ image, error: one.message });
      else {
        const of = writeImage(judged.shift()!, one.whole, { ...use, name });
        written.push({ image, ...of });
      }
    }
  }
  return { written, failed, precision };
}
