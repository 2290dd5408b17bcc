/**
 * The networks and levels of the GAN, and the engine in which the validation loss steers them: what a
 * session has beside its segmentation model where its method draws synthetic pairs.
 */
import type { Generator } from '@genseg/torch';
import { type Capture, Engine, Graph, type Observe, type Problem, unrolled } from '../mlo/index.ts';
import { PatchDiscriminator } from '../models/index.ts';
import { lsgan, type Task, vanillaGan } from '../nn/index.ts';
import { Adam, type Optimizer } from '../optim/index.ts';
import type { Segmenter } from '../segmenter/index.ts';
import { type BuiltGenerator, pix2pix } from './image-generator.ts';
import type { Pairs } from './pairs.ts';
import {
  architectureProblem,
  type Compute,
  discriminatorProblem,
  generatorProblem,
  gensegEdges,
  type SegmentationBatch,
} from './problems.ts';
import type { SessionOptions } from './session.ts';

export interface Synthesis extends BuiltGenerator {
  discriminator: PatchDiscriminator;
  optimizers: { generator: Optimizer; discriminator: Optimizer; architecture: Optimizer };
  problems: { generator: Problem<Pairs>; discriminator: Problem<Pairs> };
}

/** What the levels of a session share. */
export interface Wiring {
  /** Of masks as the generator takes them: 1, or one per class. */
  planes: number;
  task: Task;
  /** Draws the first weights. */
  initial: Generator;
  dropout: Generator;
  compute: Compute | undefined;
  /** For the problem of a name, where its steps are captured. */
  captureFor(problem: string): Capture | undefined;
  observe: Observe;
}

/** Level I. @param draw training pairs. */
export function makeSynthesis(
  { recipe, size, channels, device, imageGenerator = pix2pix }: SessionOptions,
  { planes, task, initial, dropout, compute, captureFor }: Wiring,
  draw: () => Pairs,
): Synthesis {
  const { generator, architecture } = imageGenerator.build(planes, channels, {
    ...{ size, recipe: recipe.gan, device },
    ...{ generator: initial, dropoutGenerator: dropout },
  });
  const discriminator = new PatchDiscriminator(planes, channels, {
    width: recipe.gan.discriminatorWidth,
    generator: initial,
  }).to(device);
  const { betas, pretrainLr } = recipe.gan;
  const { lr, weightDecay } = recipe.architecture;
  const optimizers = {
    generator: new Adam(generator.parameters(), pretrainLr, { betas }),
    discriminator: new Adam(discriminator.parameters(), pretrainLr, { betas }),
    architecture: new Adam(architecture.parameters(), lr, { weightDecay }),
  };
  const networks = { generator, discriminator };
  const gan = recipe.gan.loss === 'lsgan' ? lsgan : vanillaGan;
  const shared = { draw, gan, planes, partial: task.partial, random: dropout, compute };
  const problems = {
    discriminator: discriminatorProblem(networks, optimizers.discriminator, {
      ...shared,
      capture: captureFor('discriminator'),
    }),
    generator: generatorProblem(networks, optimizers.generator, {
      ...shared,
      ...{ l1Weight: recipe.gan.l1, capture: captureFor('generator') },
    }),
  };
  return { architecture, generator, discriminator, optimizers, problems };
}

/** Levels I, II and III together. @param levels what of the session is below and above the GAN. */
export function makeEngine(
  { recipe, hypergradient = unrolled() }: SessionOptions,
  { task, compute, observe }: Pick<Wiring, 'task' | 'compute' | 'observe'>,
  levels: {
    synthesis: Synthesis;
    segmenter: Segmenter;
    segmentation: Problem<SegmentationBatch>;
    /** Validation pairs. */
    draw(): Pairs;
    onStep(problem: Problem, batch: unknown): void;
  },
): Engine {
  const { synthesis, segmenter, segmentation, draw, onStep } = levels;
  const { optimizers, problems } = synthesis;
  const { interval, warmup } = recipe.architecture;
  const architecture = architectureProblem(segmenter, optimizers.architecture, {
    ...{ draw, task, compute },
  });
  const graph = new Graph(gensegEdges({ ...problems, segmentation, architecture }));
  const lower = [
    { problem: problems.discriminator, interval },
    { problem: problems.generator, interval },
    { problem: segmentation },
  ] as { problem: Problem }[];
  return new Engine(
    graph,
    { upper: architecture as Problem, levels: lower, method: hypergradient },
    { interval, warmup, onStep, observe },
  );
}
