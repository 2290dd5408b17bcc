/**
 * Everything that a training changes - networks, optimisers, random streams, samplers - built from a
 * recipe and a seed, and the levels wired to each other. The loop over steps is trainer.ts.
 */
import { autocast, type Device, Generator, keep, noGrad, scope, type Tensor } from '@genseg/torch';
import { allWarps, geometric, geometricMask, photometric, strong } from '../augment/index.ts';
import {
  Engine,
  Graph,
  type Iteration,
  type Observe,
  type Problem,
  unobserved,
  unrolled,
} from '../mlo/index.ts';
import {
  Architecture,
  generatorDepth,
  PatchDiscriminator,
  Pix2PixGenerator,
} from '../models/index.ts';
import { lsgan, oneHotMask, type Parameter, vanillaGan } from '../nn/index.ts';
import { Adam, AdamW, type Optimizer, RMSprop } from '../optim/index.ts';
import { Random } from '../random.ts';
import type { Parts } from './checkpoint.ts';
import type { Family } from './family.ts';
import type { Method } from './method.ts';
import type { PairSet, Pairs } from './pairs.ts';
import {
  architectureProblem,
  type Compute,
  discriminatorProblem,
  generatorProblem,
  gensegEdges,
  type SegmentationBatch,
  type Segmenter,
  segmentationProblem,
} from './problems.ts';
import type { Recipe } from './recipe.ts';
import { Sampler } from './sampler.ts';

export interface SessionOptions {
  method: Method;
  family: Family;
  recipe: Recipe;
  /** Side of the square images, px. */
  size: number;
  /** Image channels. */
  channels: number;
  /** Classes, background included. */
  classes: number;
  seed: number;
  device: Device;
  precision: 'fp32' | 'bf16';
  /** Runs each problem's step by the problem's name, and in it what draws the batch as `data`. */
  observe?: Observe;
}

/** Called after each update with the cases that made it. */
export type Witness = (problem: string, ids: readonly string[]) => void;

/** The networks and levels of the GAN and of the feedback, where the method has them. */
interface Synthesis {
  architecture: Architecture;
  generator: Pix2PixGenerator;
  discriminator: PatchDiscriminator;
  optimizers: { generator: Optimizer; discriminator: Optimizer; architecture: Optimizer };
  problems: { generator: Problem<Pairs>; discriminator: Problem<Pairs> };
}

/** With zeros beyond the edge, the generator would learn to draw black frames. */
const padding = 'reflection';

export class Session {
  readonly options: SessionOptions;
  readonly segmenter: Segmenter;
  /** Moving average of the segmenter: what is validated, kept and used. */
  readonly average: Segmenter;
  readonly synthesis: Synthesis | null;
  readonly segmentation: Problem<SegmentationBatch>;
  /** Levels I, II and III together; null without feedback. */
  readonly engine: Engine | null;
  readonly parts: Parts;
  readonly observe: Observe;
  readonly #train: PairSet;
  readonly #validation: PairSet;
  readonly #streams: Record<'augmentation' | 'colour' | 'dropout', Generator>;
  readonly #samplers: Record<'real' | 'masks' | 'gan' | 'validation', Sampler>;
  readonly #augment = strong({ padding });
  readonly #warpPair = geometric(allWarps(), { padding });
  readonly #warpMask = geometricMask(allWarps(), { padding });
  readonly #recolour = photometric();
  /** The precision of updates where it is not full precision. */
  readonly #compute: Compute | undefined;
  readonly #planes: number;
  readonly #witness: Witness;

  constructor(
    options: SessionOptions,
    data: { train: PairSet; validation: PairSet },
    witness: Witness = () => {},
  ) {
    const { method, family, recipe, channels, classes, seed, device, precision } = options;
    this.options = options;
    this.observe = options.observe ?? unobserved;
    this.#witness = witness;
    this.#planes = classes === 2 ? 1 : classes;
    this.#compute = precision === 'bf16' ? (body) => autocast(body, { device }) : undefined;
    this.#train = data.train;
    this.#validation = data.validation;
    const seeds = new Random(seed);
    const stream = (name: string, on: Device) => keep(new Generator(seeds.fork(name).uint32(), on));
    const sampler = (name: string, count: number) => new Sampler(count, seeds.fork(name));

    using initial = stream('initial weights', 'cpu');
    const { width } = recipe.segmentation;
    this.#streams = {
      augmentation: stream('augmentation', 'cpu'),
      colour: stream('colour', 'cpu'),
      dropout: stream('dropout', device),
    };
    const segmenter = () =>
      scope(() =>
        family.build(channels, this.#planes, {
          ...{ width, size: options.size, device },
          generator: initial,
          dropoutGenerator: this.#streams.dropout,
        }),
      );
    this.segmenter = segmenter();
    this.average = segmenter();
    this.#samplers = {
      real: sampler('real', data.train.count),
      masks: sampler('masks', data.train.count),
      gan: sampler('gan pairs', data.train.count),
      validation: sampler('validation', data.validation.count),
    };
    this.synthesis = method.synthesises ? scope(() => this.#makeSynthesis(initial)) : null;
    const segmentationOptimizer = scope(() =>
      optimizerFor(recipe.segmentation, this.segmenter.parameters()),
    );
    this.segmentation = this.#makeSegmentation(segmentationOptimizer);
    this.engine = method.feedback ? this.#makeEngine() : null;

    const { architecture, generator, discriminator, optimizers } = this.synthesis ?? {};
    this.parts = {
      modules: {
        segmenter: this.segmenter,
        average: this.average,
        ...(architecture && { architecture, generator, discriminator }),
      },
      optimizers: { segmenter: segmentationOptimizer, ...optimizers },
      generators: this.#streams,
      samplers: this.#samplers,
    } as Parts;
  }

  /** Level II on the images of this session's method. */
  #makeSegmentation(optimizer: Optimizer): Problem<SegmentationBatch> {
    const { method, recipe } = this.options;
    const generator = this.synthesis?.generator;
    const { colour, dropout } = this.#streams;
    const synthesise = (mask: Tensor): Tensor =>
      this.#recolour(generator!.forward(oneHotMask(mask, this.#planes)), colour);
    return segmentationProblem(this.segmenter, optimizer, {
      draw: () => this.observe('data', () => this.#drawSegmentation()),
      // Without feedback nothing flows back into the generator, so nothing is recorded.
      synthesise: method.feedback ? synthesise : (mask) => noGrad(() => synthesise(mask)),
      syntheticWeight: recipe.syntheticWeight,
      generators: [colour, dropout],
      compute: this.#compute,
      frozen: (body) => (generator ? generator.withFrozenStatistics(body) : body()),
    });
  }

  #drawSegmentation(): SegmentationBatch {
    const { method, recipe } = this.options;
    return scope(() => {
      const picked = this.#train.pick(this.#samplers.real.next(recipe.batch));
      const real = method.augments
        ? { ...this.#augment(picked, this.#streams.augmentation), ids: picked.ids }
        : picked;
      return { real, synthetic: this.synthesis ? this.#drawMasks(recipe.syntheticBatch) : null };
    });
  }

  /** Real training masks, warped: what synthetic images are drawn for. */
  #drawMasks(count: number): { mask: Tensor; ids: readonly string[] } {
    const { mask, ids } = this.#train.pick(this.#samplers.masks.next(count));
    return { mask: this.#warpMask(mask, this.#streams.augmentation), ids };
  }

  /** Training pairs for level I, image and mask warped together. */
  #drawGan(): Pairs {
    return scope(() => {
      const picked = this.#train.pick(this.#samplers.gan.next(this.options.recipe.gan.batch));
      return { ...this.#warpPair(picked, this.#streams.augmentation), ids: picked.ids };
    });
  }

  #drawValidation(): Pairs {
    const count = Math.min(this.#validation.count, validationBatch);
    return this.#validation.pick(this.#samplers.validation.next(count));
  }

  #makeSynthesis(initial: Generator): Synthesis {
    const { recipe, size, channels, device } = this.options;
    const { dropout } = this.#streams;
    const architecture = new Architecture(Math.min(recipe.gan.depth, generatorDepth(size, size)), {
      generator: initial,
    }).to(device);
    const generator = new Pix2PixGenerator(this.#planes, channels, architecture, {
      width: recipe.gan.width,
      generator: initial,
      dropoutGenerator: dropout,
    }).to(device);
    const discriminator = new PatchDiscriminator(this.#planes, channels, {
      width: recipe.gan.discriminatorWidth,
      generator: initial,
    }).to(device);
    const betas: [number, number] = [0.5, 0.999];
    const optimizers = {
      generator: new Adam(generator.parameters(), recipe.gan.pretrainLr, { betas }),
      discriminator: new Adam(discriminator.parameters(), recipe.gan.pretrainLr, { betas }),
      architecture: new Adam(architecture.parameters(), recipe.architecture.lr, {
        weightDecay: 1e-5,
      }),
    };
    const networks = { generator, discriminator };
    const draw = () => this.observe('data', () => this.#drawGan());
    const shared = {
      draw,
      gan: recipe.gan.loss === 'lsgan' ? lsgan : vanillaGan,
      planes: this.#planes,
      random: dropout,
      compute: this.#compute,
    };
    const problems = {
      discriminator: discriminatorProblem(networks, optimizers.discriminator, shared),
      generator: generatorProblem(networks, optimizers.generator, {
        ...shared,
        l1Weight: recipe.gan.l1,
      }),
    };
    return { architecture, generator, discriminator, optimizers, problems };
  }

  #makeEngine(): Engine {
    const { optimizers, problems } = this.synthesis!;
    const { interval, warmup } = this.options.recipe.architecture;
    const architecture = architectureProblem(this.segmenter, optimizers.architecture, {
      draw: () => this.observe('data', () => this.#drawValidation()),
      compute: this.#compute,
    });
    const { segmentation } = this;
    const graph = new Graph(gensegEdges({ ...problems, segmentation, architecture }));
    const levels = [
      { problem: problems.discriminator, interval },
      { problem: problems.generator, interval },
      { problem: segmentation },
    ] as { problem: Problem }[];
    return new Engine(
      graph,
      { upper: architecture as Problem, levels, method: unrolled() },
      {
        interval,
        warmup,
        onStep: (problem, batch) => this.#witness(problem.name, idsOf(batch)),
        observe: this.observe,
      },
    );
  }

  /** One step of level I: the discriminator's, then the generator's. @returns losses by problem. */
  pretrainStep(): Map<string, number> {
    const { discriminator, generator } = this.synthesis!.problems;
    this.#setGanRate(this.options.recipe.gan.pretrainLr);
    return new Map(
      [discriminator, generator].map((problem) => [problem.name, this.#step(problem)]),
    );
  }

  /** One segmentation step, with the levels above it where the method has them. */
  trainStep(): Iteration {
    this.segmenter.train();
    this.#setGanRate(this.options.recipe.gan.lr);
    if (this.engine) return this.engine.iterate();
    return { losses: new Map([[this.segmentation.name, this.#step(this.segmentation)]]) };
  }

  /** At each step, since a checkpoint holds no rates. */
  #setGanRate(lr: number): void {
    const { generator, discriminator } = this.synthesis?.optimizers ?? {};
    for (const optimizer of [generator, discriminator]) if (optimizer) optimizer.lr = lr;
  }

  /** One update outside the engine. @returns its loss. */
  #step<Batch>(problem: Problem<Batch>): number {
    return scope(() => {
      const { loss, batch } = this.observe(problem.name, () => problem.step());
      this.#witness(problem.name, idsOf(batch));
      return loss;
    });
  }

  /** Synthetic pairs as the segmentation model sees them, before any change of colour. */
  sample(count: number): Pairs {
    const { generator } = this.synthesis!;
    return scope(() =>
      noGrad(() => {
        const { mask, ids } = this.#drawMasks(count);
        const planes = oneHotMask(mask, this.#planes);
        const image = generator.withFrozenStatistics(() => generator.forward(planes));
        return { image, mask, ids };
      }),
    );
  }

  /** Runs `body` and sets all random streams and samplers back, so that looking changes nothing. */
  peek<T>(body: () => T): T {
    const owners = [...Object.values(this.#streams), ...Object.values(this.#samplers)];
    const states = owners.map((owner) => owner.state);
    try {
      return body();
    } finally {
      owners.forEach((owner, i) => {
        owner.state = states[i] as never;
      });
    }
  }

  /** Starts the streams that `sample` draws from anew. */
  reseedSynthesis(seed: number): void {
    const seeds = new Random(seed);
    for (const [name, stream] of Object.entries(this.#streams))
      stream.seed(seeds.fork(name).uint32());
    this.#samplers.masks.restart(seeds.fork('masks'));
  }

  dispose(): void {
    const { modules, optimizers, generators } = this.parts;
    for (const owned of [modules, optimizers, generators].flatMap((record) =>
      Object.values(record),
    ))
      owned.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Validation images in one upper loss; more are visited in turn. */
const validationBatch = 8;

function optimizerFor(
  { optimizer, lr }: Recipe['segmentation'],
  parameters: Parameter[],
): Optimizer {
  if (optimizer === 'rmsprop')
    return new RMSprop(parameters, lr, { momentum: 0.9, weightDecay: 1e-8 });
  return new AdamW(parameters, lr, { weightDecay: 1e-4 });
}

/** The cases of a batch of any of the problems. */
export function idsOf(batch: unknown): string[] {
  const { ids = [], real, synthetic } = batch as Partial<Pairs & SegmentationBatch>;
  return [...ids, ...(real?.ids ?? []), ...(synthetic?.ids ?? [])];
}
