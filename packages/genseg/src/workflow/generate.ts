/** `genseg generate`: synthetic pairs from a trained generator, each with where its mask came from. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { scope } from '@genseg/torch';
import { ConfigError, DataError } from '../errors.ts';
import { encodeMask, encodePng, encodeProbabilities, paintImage } from '../picture/index.ts';
import { runPaths, writeFileAtomic, writeJsonAtomic } from '../run/index.ts';
import { hasCheckpoint, loadCheckpoint } from '../train/index.ts';
import { loadPairs, openRun, requireWhole, startSession } from './run-state.ts';

export interface GeneratedPair {
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
 * Writes images/ and masks/ (class ids; 0 and 255 for two classes) and provenance.json.
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

  for (const folder of ['images', 'masks']) mkdirSync(join(out, folder), { recursive: true });
  const written: GeneratedPair[] = [];
  while (written.length < count) {
    for (const { image, mask, id } of samples(session, Math.min(batch, count - written.length))) {
      const name = `synthetic-${String(written.length + 1).padStart(5, '0')}.png`;
      const size = { width: plan.size, height: plan.size };
      const png =
        plan.channels === 1
          ? encodeProbabilities(image, size)
          : encodePng(paintImage({ image, ...size }));
      writeFileAtomic(join(out, 'images', name), png);
      writeFileAtomic(
        join(out, 'masks', name),
        encodeMask(mask, size, { binary: plan.classes.length === 2 && !plan.task.partial }),
      );
      written.push({ image: `images/${name}`, mask: `masks/${name}`, maskOf: id });
    }
  }
  const result = { run: root, seed, pairs: written };
  writeJsonAtomic(join(out, 'provenance.json'), { ...result, synthetic: true });
  return result;
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
