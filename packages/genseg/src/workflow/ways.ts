/**
 * Two ways from an image's files to its mask: stretched whole to the model's square, as the training images were, or in
 * tiles of which each covers what a training image covers, for images that show more than those.
 */
import {
  type Case,
  cropImage,
  type IntensityRange,
  intensityRange,
  maxSide,
  minSide,
  readImageFiles,
  resizeImage,
  type Size,
  type SourceImage,
  scaled,
} from '../data/index.ts';
import { ConfigError } from '../errors.ts';
import { median } from '../metrics/index.ts';
import { type Picture, predictTiled, type TrainedModel } from '../segmenter/index.ts';
import type { Domain } from '../trust/index.ts';
import { imagesAtOnce } from './ahead.ts';
import { type Judged, judge, type Shown } from './trust.ts';

export interface Opened {
  /** As overlays are drawn on it; null where none is. */
  readonly whole: Picture | null;
}

export interface Way<T extends Opened> {
  /** Images that are predicted together. */
  readonly atOnce: number;
  /** @param files of one image, in the order of its channels. @throws DataError */
  open(files: readonly string[]): Promise<T>;
  predict(opened: readonly T[]): Judged[];
  /** The same of a small part, to measure with: one view of them, or of the middle tile of the first. */
  trial(opened: readonly T[]): Judged[];
}

/** Keeps nothing of the image's own size where nothing needs it: of a large image that is a lot of memory. */
export function asWhole(
  trained: TrainedModel,
  { overlays, fast, domain }: { overlays: boolean; fast: boolean; domain: Domain | null },
): Way<Shown & Opened> {
  const { info } = trained;
  const square = { width: info.size, height: info.size };
  return {
    atOnce: imagesAtOnce(info.size),
    async open(files) {
      const source = await readImageFiles(files);
      const size = { width: source.width, height: source.height };
      const planes = scaled(source, info.fingerprint, files[0]);
      const image = { ...square, image: resizeImage(planes, size, square) };
      return { image, size, whole: overlays ? { ...size, image: planes } : null };
    },
    predict: (opened) => judge(trained, opened, { fast, domain }),
    trial: (opened) => judge(trained, opened, { fast: true, domain: null }),
  };
}

/** An image that tiles are cut from, and what all of them are scaled by: a tile of bare glass stays bare. */
interface Source {
  readonly source: SourceImage;
  readonly file: string;
  readonly range: IntensityRange | null;
}

/** Masks, and probabilities where they are asked for, without what they may be trusted with. @param tile px of an image. */
export function inTiles(
  trained: TrainedModel,
  tile: Size,
  { overlays, probabilities }: { overlays: boolean; probabilities: boolean },
): Way<Opened & Source> {
  const { model, info, task } = trained;
  const atOnce = imagesAtOnce(info.size);
  const cutFrom =
    ({ source, file, range }: Source) =>
    (x: number, y: number) => {
      const crop = cropImage(source, { x, y, ...tile });
      return { ...tile, image: scaled(crop, info.fingerprint, file, range) };
    };
  const use = { size: info.size, task, atOnce, probabilities };
  return {
    atOnce: 1,
    async open(files) {
      const [file] = files;
      const source = await readImageFiles(files, { mostPixels: 2 ** 28 });
      const { width, height } = source;
      const range = intensityRange(source, info.fingerprint, file);
      const image = () => scaled(source, info.fingerprint, file, range);
      return { source, file, range, whole: overlays ? { width, height, image: image() } : null };
    },
    predict: (opened) =>
      opened.map((one) => {
        const { width, height } = one.source;
        const image = { width, height, tile: cutFrom(one) };
        return { ...predictTiled(model, image, tile, use), trust: null };
      }),
    trial([first]) {
      const { width, height } = first.source;
      const middle = (length: number, part: number) => Math.max(0, (length - part) >> 1);
      const image = cutFrom(first)(middle(width, tile.width), middle(height, tile.height));
      const shown = Array.from({ length: atOnce }, () => ({ image, size: tile }));
      return judge(trained, shown, { fast: true, domain: null });
    },
  };
}

/**
 * What a training image covers, in px of new images.
 *
 * @param cases that the model was trained on. @param options.side what the user says of its width, px.
 * @param options.spacing size of a new image's pixel in mm, x and y: where that of the training images is known too, a
 *   tile covers as many mm as they do, and else as many pixels.
 * @throws ConfigError where such a tile is none.
 */
export function tileSize(
  cases: readonly Pick<Case, 'width' | 'height' | 'spacing'>[],
  { side, spacing }: { side: number | null; spacing: readonly [x: number, y: number] | null },
): Size {
  const inMm = spacing !== null && cases.every((one) => one.spacing !== null);
  const extent = (axis: 0 | 1) =>
    median(
      cases.map((one) => {
        const pixels = axis === 0 ? one.width : one.height;
        return inMm ? (pixels * one.spacing![axis]) / spacing[axis] : pixels;
      }),
    );
  const [width, height] = [extent(0), extent(1)];
  const scale = side === null ? 1 : side / width;
  const size = { width: Math.round(scale * width), height: Math.round(scale * height) };
  for (const length of [size.width, size.height])
    if (!(length >= minSide && length <= maxSide))
      throw new ConfigError(
        `tiles of ${size.width} x ${size.height} px cannot be cut: their sides must be from ${minSide} to ${maxSide} px; check --tile and --spacing`,
      );
  return size;
}
