/** What a run segments, decided from its data: classes or regions, what has no label, how classes count. */
import type { Division, Manifest } from '../../data/index.ts';
import { balancedWeights, classTask, regionTask, type Task } from '../../nn/index.ts';
import type { Decision, TrainConfig } from '../../run/index.ts';

/** @param data the cases of a run. @param config.classWeights whether rare classes count more. */
export function taskOf(
  { manifest, division }: { manifest: Manifest; division: Division },
  { classWeights }: Pick<TrainConfig, 'classWeights'>,
): Task {
  const plain = manifest.regions
    ? regionTask(manifest.regions)
    : classTask(manifest.classes.length);
  const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
  const partial = [...division.train, ...division.validation].some(
    ({ labels, width, height }) => sum(labels!) < width * height,
  );
  const pixels = manifest.classes.map((_, id) =>
    sum(division.train.map(({ labels }) => labels![id])),
  );
  const weights = classWeights === 'balanced' ? balancedWeights(pixels, plain) : null;
  return { ...plain, partial, weights };
}

/** Only what is out of the ordinary. */
export function taskDecisions(
  { partial, weights, exclusive }: Task,
  { classes, regions }: Manifest,
): Decision[] {
  const names = regions?.map(({ name }) => name) ?? classes.slice(exclusive ? 0 : 1);
  const two = (value: number) => value.toPrecision(3);
  return [
    ...(regions
      ? [
          {
            name: 'regions',
            value: names.join(', '),
            reason:
              'declared in dataset.json; each is segmented by itself, later ones paint over earlier ones',
          },
        ]
      : []),
    ...(partial
      ? [
          {
            name: 'pixels without a label',
            value: 'left out',
            reason: 'they count in no loss, no score and no mask that images are drawn for',
          },
        ]
      : []),
    ...(weights
      ? [
          {
            name: 'class weights',
            value: weights
              .map(({ inside, outside }, i) =>
                exclusive
                  ? `${names[i]} ${two(inside)}`
                  : `${names[i]} ${two(inside)}, the rest ${two(outside)}`,
              )
              .join('; '),
            reason: 'median frequency balancing over the training masks, in the cross-entropy',
          },
        ]
      : []),
  ];
}
