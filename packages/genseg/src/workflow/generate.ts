/** `genseg generate`: synthetic pairs from a trained generator, each with where its mask came from. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { scope } from '@genseg/torch';
import { ignoredClass } from '../classes.ts';
import type { Manifest, Size } from '../data/index.ts';
import { ConfigError, DataError } from '../errors.ts';
import { encodeMask, encodePng, encodeProbabilities, paintImage } from '../picture/index.ts';
import { runPaths, writeFileAtomic, writeJsonAtomic } from '../run/index.ts';
import { hasCheckpoint, loadCheckpoint, type Plan } from '../train/index.ts';
import { loadPairs, openRun, requireWhole, startSession } from './run-state.ts';

export interface GeneratedPair {
  /** Its file, or the first of its channels' files. */
  image: string;
  mask: string;
  /** The training case whose warped mask it was drawn for. */
  maskOf: string;
}

export interface Generated {
  run: string;
  seed: number;
  pairs: GeneratedPair[];
}

const batch = 4;

/**
 * Writes images/ and masks/ (class ids; 0 and 255 for two classes) and provenance.json; images of another number of
 * channels than gray and RGB have as an nnU-Net data set, a file for each channel.
 * @throws ConfigError for a folder with files in it, DataError for a run without a generator.
 */
export async function generatePairs(
  root: string,
  options: { count: number; out: string; seed: number },
): Promise<Generated> {
  const { count, out, seed } = options;
  if (existsSync(out) && readdirSync(out).length > 0) {
    throw new ConfigError(`${out} holds files; choose a new or empty folder for the pairs`);
  }
  const paths = runPaths(root);
  const { plan, data } = openRun(paths);
  using pairs = await loadPairs(data, plan);
  using session = startSession(plan, pairs);
  if (!session.synthesis)
    throw new DataError(
      `${root}: a run of method ${plan.method} has no generator; train with --method genseg`,
    );
  requireWhole(paths);
  if (!hasCheckpoint(paths.checkpoints.last))
    throw new DataError(`${root} has no checkpoint yet; train it first`);
  loadCheckpoint(paths.checkpoints.last, session.parts);
  session.reseedSynthesis(seed);

  const several = !fillsPng(plan.channels);
  const [images, masks] = several ? ['imagesTr', 'labelsTr'] : ['images', 'masks'];
  for (const folder of [images, masks]) mkdirSync(join(out, folder), { recursive: true });
  if (several) writeJsonAtomic(join(out, 'dataset.json'), description(plan, data.manifest, count));
  const written: GeneratedPair[] = [];
  while (written.length < count) {
    for (const { image, mask, id } of samples(session, Math.min(batch, count - written.length))) {
      const name = `synthetic-${String(written.length + 1).padStart(5, '0')}`;
      const size = { width: plan.size, height: plan.size };
      const files = imageFiles(image, size).map(({ ending, png }) => {
        const file = `${images}/${name}${ending}.png`;
        writeFileAtomic(join(out, file), png);
        return file;
      });
      const maskFile = `${masks}/${name}.png`;
      const binary = !several && plan.classes.length === 2 && !plan.task.partial;
      writeFileAtomic(join(out, maskFile), encodeMask(mask, size, { binary }));
      written.push({ image: files[0], mask: maskFile, maskOf: id });
    }
  }
  const result = { run: root, seed, pairs: written };
  writeJsonAtomic(join(out, 'provenance.json'), { ...result, synthetic: true });
  return result;
}

/** Two channels or four would be read as gray or RGB with alpha, which is dropped. */
const fillsPng = (channels: number): boolean => channels === 1 || channels === 3;

/** The files of an image [C, H, W] in 0..1. */
function imageFiles(image: Float32Array, size: Size): { ending: string; png: Uint8Array }[] {
  const pixels = size.width * size.height;
  const channels = image.length / pixels;
  if (channels === 3) return [{ ending: '', png: encodePng(paintImage({ image, ...size })) }];
  return Array.from({ length: channels }, (_, c) => ({
    ending: channels === 1 ? '' : `_${String(c).padStart(4, '0')}`,
    png: encodeProbabilities(image.subarray(c * pixels, (c + 1) * pixels), size),
  }));
}

/** nnU-Net's dataset.json: masks are class ids. */
function description({ channels, classes, task }: Plan, { regions }: Manifest, count: number) {
  const ids = classes.map((name, id) => [name, id] as const);
  const unions = regions?.map((region) => [region.name, region.classes] as const);
  return {
    channel_names: Object.fromEntries(
      Array.from({ length: channels }, (_, c) => [c, `channel ${c}`]),
    ),
    labels: {
      ...Object.fromEntries(unions ? [[classes[0], 0], ...unions] : ids),
      ...(task.partial && { ignore: ignoredClass }),
    },
    ...(regions && { regions_class_order: regions.map(({ paints }) => paints) }),
    numTraining: count,
    file_ending: '.png',
  };
}

/** The next synthetic pairs as typed arrays. A batch is always full: the generator normalises over it. */
function samples(session: ReturnType<typeof startSession>, count: number) {
  return scope(() => {
    const { image, mask, ids } = session.sample(batch);
    return ids.slice(0, count).map((id, i) => ({
      id,
      image: image.at(i).contiguous().toFloat32Array(),
      mask: mask.at(i).to({ dtype: 'uint8' }).toTypedArray() as Uint8Array,
    }));
  });
}
