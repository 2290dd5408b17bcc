/** Level II with unlabelled images: L = supervised + weight * ramp * unsupervised, over both networks. */
import type { Generator, Tensor } from '@genseg/torch';
import { Problem } from '../../mlo/index.ts';
import type { Task } from '../../nn/index.ts';
import type { Optimizer } from '../../optim/index.ts';
import type { Segmenter } from '../../segmenter/index.ts';
import type { Compute, SegmentationBatch } from '../problems.ts';
import { rampUp, type SemiSupervision } from './semi-supervision.ts';

export function semiSupervisedProblem(
  networks: readonly [Segmenter, Segmenter],
  optimizer: Optimizer,
  options: {
    semi: SemiSupervision;
    task: Task;
    /** Batches with unlabelled images. */
    draw(): SegmentationBatch;
    recolour(image: Tensor): Tensor;
    /** Of the whole training; those done are the optimiser's. */
    steps: number;
    generators: readonly Generator[];
    compute: Compute | undefined;
  },
): Problem<SegmentationBatch> {
  const { semi, task, draw, recolour, steps, generators, compute } = options;
  return new Problem('segmentation', {
    optimizer,
    draw,
    generators,
    compute,
    loss: ({ real, unlabelled }) => {
      const batch = { real, unlabelled: unlabelled!, task };
      const { supervised, unsupervised } = semi.losses(networks, batch, recolour);
      const weight = semi.weight * rampUp(optimizer.stateDict().step, steps);
      return supervised.add(unsupervised, { alpha: weight });
    },
  });
}
