/**
 * Predictions: predictions/<id>/ holds the images, masks and areas, and prediction.json, how far it is. The work is
 * done by a child process of this server; one that was cut short is begun again by a click.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { readImage } from 'genseg/data';
import { writeFileAtomic, writeJsonAtomic } from 'genseg/run';
import type { ClassInfo, FileReceived, ModelRef, Prediction } from '../api.ts';
import { notFound, RequestError } from './errors.ts';
import { parseMask } from './masks.ts';
import { asIds, modelFolder, type Predicted, predict } from './model.ts';
import { discard, isPlainName, uploadedParts } from './paths.ts';
import { overlayPng } from './pictures.ts';
import type { ProjectContext } from './project.ts';
import { receive, refusalOf, uploadLimits } from './receive.ts';
import type { Rounds } from './rounds.ts';
import { unzip } from './unzip.ts';

/** What is stored; items say where their mask is too. */
type Stored = Omit<Prediction, 'images' | 'items'> & {
  items: (Prediction['items'][number] & { mask: string })[];
};

export interface ItemFiles {
  readonly image: string;
  readonly mask: string;
  readonly overlay: string;
  readonly classes: number;
}

export interface Predictions {
  all(): Prediction[];
  get(id: string): Prediction;
  open(model: ModelRef): Prediction;
  receive(id: string, path: string, request: Request): Promise<FileReceived>;
  start(id: string): Prediction;
  remove(id: string): void;
  /** Absolute paths of an item's files, and how many classes its mask tells apart. */
  files(id: string, name: string): ItemFiles;
  folder(id: string): string;
}

export function createPredictions(
  { paths, settings, hub }: ProjectContext,
  rounds: Rounds,
): Predictions {
  const running = new Set<string>();
  const folder = (id: string): string => {
    const path = join(paths.predictions, id);
    if (isPlainName(id) && existsSync(join(path, 'prediction.json'))) return path;
    throw notFound(`Prediction ${id}`);
  };
  const images = (id: string) => join(paths.predictions, id, 'images');
  const read = (id: string): Stored =>
    JSON.parse(readFileSync(join(folder(id), 'prediction.json'), 'utf8')) as Stored;
  const write = (stored: Stored) =>
    writeJsonAtomic(join(paths.predictions, stored.id, 'prediction.json'), stored);

  const get = (id: string): Prediction => {
    const stored = read(id);
    const cut = stored.state === 'running' && !running.has(id);
    return {
      ...stored,
      ...(cut && { state: 'failed', error: 'The server was stopped meanwhile; start it again' }),
      images: existsSync(images(id)) ? readdirSync(images(id)).length : 0,
      items: stored.items.map(({ mask: _, ...item }) => item),
    };
  };
  const tell = (id: string) => {
    const { items, failed, images } = get(id);
    hub.publish('prediction', { id, done: items.length + failed.length, images });
  };

  const run = async (stored: Stored) => {
    const { id, model } = stored;
    try {
      const predicted = await predict({
        model: modelFolder(rounds, model),
        inputs: [images(id)],
        out: join(paths.predictions, id, 'masks'),
        spacing: settings.get().pixelSize,
      });
      for (const one of predicted.written) await drawOverlay(one, settings.get().classes);
      write({ ...stored, state: 'finished', ...(await itemsOf(predicted)) });
    } catch (error) {
      const message = (error as Error).message.replaceAll(`${images(id)}/`, '');
      write({ ...stored, state: 'failed', error: message });
    } finally {
      running.delete(id);
      tell(id);
    }
  };

  return {
    get,
    folder,
    all: () =>
      existsSync(paths.predictions)
        ? readdirSync(paths.predictions)
            .filter((id) => existsSync(join(paths.predictions, id, 'prediction.json')))
            .sort()
            .reverse()
            .map(get)
        : [],
    open(model) {
      modelFolder(rounds, model);
      const createdAt = new Date().toISOString();
      const stamp = createdAt.slice(0, 19).replaceAll(':', '').replace('T', '-');
      let id = stamp;
      for (let n = 2; existsSync(join(paths.predictions, id)); n++) id = `${stamp}-${n}`;
      mkdirSync(images(id), { recursive: true });
      const empty = { items: [], failed: [], error: null };
      write({ id, model, state: 'open', createdAt, ...empty });
      return get(id);
    },
    async receive(id, path, request) {
      if (read(id).state !== 'open') throw new RequestError(409, 'It has been started already');
      return await receiveImage(images(id), path, request);
    },
    start(id) {
      const stored = read(id);
      if (running.has(id)) throw new RequestError(409, 'It is running already');
      if (get(id).images === 0) throw new RequestError(422, 'There is no image yet; add some');
      running.add(id);
      const begun: Stored = { ...stored, state: 'running', error: null, items: [], failed: [] };
      write(begun);
      void run(begun);
      return get(id);
    },
    remove(id) {
      if (running.has(id)) throw new RequestError(409, 'It is running; wait until it is done');
      discard(paths, folder(id));
    },
    files(id, name) {
      const item = read(id).items.find((one) => one.name === name);
      if (!item) throw notFound(name);
      const masks = join(folder(id), 'masks');
      return {
        classes: item.areas.length + 1,
        image: join(images(id), name),
        mask: join(masks, item.mask),
        overlay: overlayOf(join(masks, item.mask)),
      };
    },
  };
}

/** The mask over its image, in the colours of the project. */
async function drawOverlay(
  { image, mask: path, classes }: Predicted['written'][number],
  colours: readonly ClassInfo[],
): Promise<void> {
  const { ids, ...size } = await parseMask(readFileSync(path), basename(path));
  const mask = { ...size, ids: asIds(ids, Object.keys(classes).length + 1) };
  writeFileAtomic(overlayOf(path), await overlayPng(image, mask, colours));
}

const overlayOf = (mask: string): string => mask.replace(/\.png$/, '_overlay.png');

async function itemsOf({ written, ...rest }: Predicted): Promise<Pick<Stored, 'items' | 'failed'>> {
  const items: Stored['items'] = [];
  for (const { image, mask, uncertainty, classes } of written) {
    const { width, height } = await readImage(image);
    const areas = Object.entries(classes).map(([name, { pixels, areaMm2 }]) => ({
      ...{ class: name, px: pixels, mm2: areaMm2 },
    }));
    items.push({ name: basename(image), mask: basename(mask), width, height, areas, uncertainty });
  }
  const error = 'Its name says that it is the mask of an image beside it, so it was not predicted';
  const failed = [...rest.failed, ...rest.skipped.map((image) => ({ image, error }))];
  return {
    items,
    failed: failed.map(({ image, error }) => ({
      name: basename(image),
      error: error.replaceAll(image, basename(image)),
    })),
  };
}

/** One image, or those of a zip, without their folders. */
async function receiveImage(folder: string, path: string, request: Request): Promise<FileReceived> {
  const name = uploadedParts(path).at(-1)!;
  const skipped = (reason: string): FileReceived => ({ files: 0, skipped: [{ path, reason }] });
  if (readdirSync(folder).length >= uploadLimits.files) {
    throw new RequestError(413, `More than ${uploadLimits.files} files; predict them in parts`);
  }
  if (/\.zip$/i.test(name)) {
    const archive = join(folder, '..', 'upload.zip');
    await receive(request, archive, { limit: uploadLimits.zip, what: path });
    try {
      return await unzip(archive, folder, uploadLimits);
    } finally {
      rmSync(archive, { force: true });
    }
  }
  if (name.startsWith('.')) return skipped('is hidden');
  if (/\.(json|geojson|csv)$/i.test(name)) return skipped('is not an image');
  const target = freeName(folder, name);
  const bytes = await receive(request, target, { limit: uploadLimits.file, what: path });
  const refusal = await refusalOf(target, name, bytes);
  if (refusal === null) return { files: 1, skipped: [] };
  rmSync(target);
  return skipped(refusal);
}

function freeName(folder: string, name: string): string {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  let path = join(folder, name);
  for (let n = 2; existsSync(path); n++) path = join(folder, `${stem}-${n}${extension}`);
  return path;
}
