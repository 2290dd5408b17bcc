/**
 * Examines what a generator draws: whether it copies training images, and whether the images keep to the
 * masks they are drawn for. The segmenter that judges the latter was trained on such pairs too, so it is a
 * check of consistency, not of truth.
 */
import { cat, noGrad, scope, type Tensor } from '@genseg/torch';
import { confusion, dice } from '../metrics/index.ts';
import { encodePng, grid, overlay } from '../picture/index.ts';
import { writeAudit } from '../report/index.ts';
import { type RunPaths, writeFileAtomic } from '../run/index.ts';
import { predict, type TrainedModel } from '../segmenter/index.ts';
import type { PairSet, Session } from '../train/index.ts';
import { copied, type Nearest, nearestAmong, nearestOf } from '../trust/index.ts';

/** Synthetic pairs that are examined, in batches as large as those of `genseg generate`. */
const batches = 8;
const batch = 4;
/** Of them shown, the nearest to a training image. */
const shown = 4;
/** Short words: a tile may be no wider than 64 px. */
export const captions = ['mask', 'synthetic', 'nearest', 'prediction'];

/**
 * Draws from the seed's own stream, and leaves the session as it was. Nothing without a generator.
 * @param options.groups of the training pairs: patients, or duplicates.
 */
export function auditSynthesis(
  paths: RunPaths,
  session: Session,
  options: { train: PairSet; groups: readonly string[]; trained: TrainedModel; seed: number },
): void {
  const { train, groups, trained, seed } = options;
  if (!session.synthesis || train.count < 2) return;
  scope(() =>
    noGrad(() => {
      const { image, mask, ids } = drawn(session, seed);
      const references = train.all();
      const nearest = nearestOf(image, references.image);
      const real = new Set(groups).size > 1 ? nearestAmong(references.image, groups) : [];
      const copies = real.length > 0 ? copied(nearest, real) : null;
      const sides = { height: image.shape[2], width: image.shape[3] };
      const pairs = ids.map((id, i) => {
        const sample = { image: pixels(image.at(i)), ...sides };
        const truth = classIds(mask.at(i));
        return {
          id,
          sample,
          truth,
          predicted: predict(trained.model, sample, { size: trained.info.size, task: trained.task })
            .mask,
        };
      });
      writeAudit(paths, {
        synthetic: pairs.map(({ id, truth, predicted }, i) => ({
          maskOf: id,
          nearest: references.ids[nearest[i].index],
          distance: nearest[i].distance,
          copied: copies?.[i] ?? null,
          dice: foregroundDice(predicted, truth, trained.info.classes.length),
        })),
        real: real.map(({ index, distance }, i) => ({
          id: references.ids[i],
          nearest: references.ids[index],
          distance,
        })),
        leftOut: pairsWithin(groups),
      });
      const rows = nearestFirst(nearest).map((i) => {
        const { sample, truth, predicted } = pairs[i];
        const found = pixels(references.image.at(nearest[i].index));
        return [
          { mask: truth, ...sides },
          sample,
          { image: found, ...sides },
          overlay(sample, predicted, truth),
        ];
      });
      writeFileAtomic(paths.audit.pictures, encodePng(grid(rows, { labels: captions })));
    }),
  );
}

/** A batch is always full: the generator normalises over it. */
function drawn(session: Session, seed: number) {
  const parts = session.peek(() => {
    session.reseedSynthesis(seed);
    return Array.from({ length: batches }, () => session.sample(batch));
  });
  return {
    image: cat(parts.map(({ image }) => image)),
    mask: cat(parts.map(({ mask }) => mask)),
    ids: parts.flatMap(({ ids }) => ids),
  };
}

/** How many pairs lie in one group. */
const pairsWithin = (groups: readonly string[]): number =>
  groups.reduce((sum, group, i) => sum + groups.slice(0, i).filter((g) => g === group).length, 0);

const nearestFirst = (nearest: readonly Nearest[]): number[] =>
  nearest
    .map((_, i) => i)
    .sort((a, b) => nearest[a].distance - nearest[b].distance)
    .slice(0, shown);

const pixels = (image: Tensor): Float32Array<ArrayBuffer> =>
  Float32Array.from(image.contiguous().toFloat32Array());

const classIds = (mask: Tensor): Uint8Array =>
  mask.to({ dtype: 'uint8' }).contiguous().toTypedArray() as Uint8Array;

/** Mean over the classes that are in either mask; null where none is. */
function foregroundDice(predicted: Uint8Array, truth: Uint8Array, classes: number): number | null {
  const scores = Array.from({ length: classes - 1 }, (_, i) =>
    dice(confusion(predicted, truth, i + 1)),
  ).filter((value) => !Number.isNaN(value));
  return scores.length > 0 ? scores.reduce((a, b) => a + b, 0) / scores.length : null;
}
