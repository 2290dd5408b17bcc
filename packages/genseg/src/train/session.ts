/**
 * Everything that a training changes - networks, optimisers, random streams, samplers - built from a
 * recipe and a seed, and the levels wired to each other. The loop over steps is trainer.ts.
 */
import { autocast, type Device, Generator, keep, noGrad, scope, type Tensor } from '@genseg/torch';
import { type Drawn, photometric } from '../augment/index.ts';
import {
  Capture,
  type CaptureWork,
  type Engine,
  type HypergradientMethod,
  Iteration,
  type Observe,
  type Problem,
  type Reading,
  unobserved,
} from '../mlo/index.ts';
import { classTask, oneHotMask, type Task } from '../nn/index.ts';
import { AdamW, type Optimizer, RMSprop, updateAverage } from '../optim/index.ts';
import { Random } from '../random.ts';
import { type Family, factorsOf, type Segmenter } from '../segmenter/index.ts';
import { Batches, type SessionData } from './batches.ts';
import type { Parts } from './checkpoint.ts';
import type { ImageGenerator } from './image-generator.ts';
import { extraColours, type Method } from './method.ts';
import type { Pairs } from './pairs.ts';
import { type Compute, type SegmentationBatch, segmentationProblem } from './problems.ts';
import type { Recipe } from './recipe.ts';
import { semiSupervisedProblem } from './semi/problem.ts';
import { makeEngine, makeSynthesis, type Synthesis } from './synthesis.ts';

export interface SessionOptions {
  method: Method;
  family: Family;
  recipe: Recipe;
  /** Side of the square images, px. */
  size: number;
  /** Image channels. */
  channels: number;
  /** Classes in masks, background included. */
  classes: number;
  /** What is segmented; by default the classes. */
  task?: Task;
  /** By default pix2pix. */
  imageGenerator?: ImageGenerator;
  /** How the validation loss is differentiated by the architecture; by default `unrolled()`. */
  hypergradient?: HypergradientMethod;
  seed: number;
  device: Device;
  precision: 'fp32' | 'bf16';
  /** Captures the steps of levels I and II that level III does not look through; by default none is. */
  captureWork?: CaptureWork | undefined;
  /** Told of what goes otherwise than asked. */
  warn?(text: string): void;
  /** Runs each problem's step by the problem's name, and in it what draws the batch as `data`. */
  observe?: Observe;
}

/** Called after each update with the cases that made it. */
export type Witness = (problem: string, ids: readonly string[]) => void;

/** By problem: the updates of its parameters, and the images that they saw. */
export type Updates = Record<string, { steps: number; images: number }>;

/** Changes of colour of unlabelled images. */
const recolour = photometric();

export class Session {
  readonly options: SessionOptions;
  readonly segmenter: Segmenter;
  /** Moving average of the segmenter: what is validated, kept and used. */
  readonly average: Segmenter;
  /** The second network of semi-supervised methods. */
  readonly partner: Segmenter | null;
  readonly synthesis: Synthesis | null;
  readonly segmentation: Problem<SegmentationBatch>;
  /** Levels I, II and III together; null without feedback. */
  readonly engine: Engine | null;
  readonly parts: Parts;
  readonly observe: Observe;
  readonly task: Task;
  /** What was done so far; replaced by whoever goes on from a checkpoint. */
  updates: Updates = {};
  readonly #batches: Batches;
  readonly #streams: Record<'augmentation' | 'colour' | 'dropout', Generator>;
  /** The precision of updates where it is not full precision. */
  readonly #compute: Compute | undefined;
  /** Of masks as the generator takes them. */
  readonly #planes: number;
  readonly #witness: Witness;
  readonly #captures: Capture[] = [];

  constructor(options: SessionOptions, data: SessionData, witness: Witness = () => {}) {
    const { method, family, classes, seed, device, precision } = options;
    this.options = options;
    this.observe = options.observe ?? unobserved;
    this.#witness = witness;
    this.#planes = classTask(classes).planes.length;
    this.task = options.task ?? classTask(classes);
    this.#compute = precision === 'bf16' ? (body) => autocast(body, { device }) : undefined;
    // The order of forks and draws is part of what a seed means.
    const seeds = new Random(seed);
    const stream = (name: string, on: Device) => keep(new Generator(seeds.fork(name).uint32(), on));

    using initial = stream('initial weights', 'cpu');
    this.#streams = {
      augmentation: stream('augmentation', 'cpu'),
      colour: stream('colour', 'cpu'),
      dropout: stream('dropout', device),
    };
    const { augmentation, colour, dropout } = this.#streams;
    const model = this.#build(family, initial);
    this.segmenter = model;
    this.average = this.#build(family, initial);
    const trained: [Family, Segmenter][] = [[family, model]];
    const { semiSupervision } = method;
    const partnerFamily = semiSupervision?.partnerOf(family);
    const partner = partnerFamily ? this.#build(partnerFamily, initial) : null;
    this.partner = partner;
    if (semiSupervision?.follows) updateAverage(partner!, model, { step: 0 });
    else if (partner) trained.push([partnerFamily!, partner]);
    this.#batches = new Batches(options, data, { seeds, augmentation, colour });
    const wiring = {
      ...{ planes: this.#planes, task: this.task, initial, dropout },
      ...{ compute: this.#compute, observe: this.observe },
      captureFor: (problem: string) => this.#captureFor(problem),
    };
    const draw = this.#draws();
    const synthesis = method.synthesises
      ? scope(() => makeSynthesis(options, wiring, draw.gan))
      : null;
    this.synthesis = synthesis;
    const optimizer = optimizerFor(options.recipe.segmentation, trained);
    const segmentation = this.#makeSegmentation(optimizer, draw.segmentation);
    this.segmentation = segmentation;
    this.engine =
      method.feedback && synthesis
        ? makeEngine(options, wiring, {
            ...{ synthesis, segmenter: model, segmentation, draw: draw.validation },
            onStep: (problem, batch) => this.#count(problem.name, idsOf(batch)),
          })
        : null;
    this.parts = {
      modules: {
        ...{ segmenter: model, average: this.average },
        ...(partner && { partner }),
        ...(synthesis && {
          architecture: synthesis.architecture,
          generator: synthesis.generator,
          discriminator: synthesis.discriminator,
        }),
      },
      optimizers: { segmenter: optimizer, ...synthesis?.optimizers },
      generators: this.#streams,
      samplers: this.#batches.samplers,
    };
  }

  /** @param initial draws the first weights. */
  #build(family: Family, initial: Generator): Segmenter {
    const { channels, size, device, recipe } = this.options;
    return scope(() =>
      family.build(channels, this.task.planes.length, {
        ...{ width: recipe.segmentation.width, size, device },
        ...{ generator: initial, dropoutGenerator: this.#streams.dropout },
      }),
    );
  }

  #captureFor(problem: string): Capture | undefined {
    const { captureWork, warn = () => {} } = this.options;
    if (!captureWork) return undefined;
    const made = new Capture({
      captureWork,
      generators: [this.#streams.dropout],
      state: () =>
        Object.values(this.parts.modules).flatMap((module) =>
          [...module.namedBuffers().values()].map(({ value }) => value),
        ),
      giveUp: (reason) => warn(`steps of the ${problem} are not captured: ${reason}`),
    });
    this.#captures.push(made);
    return made;
  }

  /** The batches of each level; drawing them is observed. */
  #draws() {
    const observed =
      <T>(draw: () => T) =>
      () =>
        this.observe('data', draw);
    return {
      gan: observed(() => this.#batches.gan()),
      segmentation: observed(() => this.#batches.segmentation()),
      validation: observed(() => this.#batches.validation()),
    };
  }

  /** Level II on the images of this session's method. */
  #makeSegmentation(
    optimizer: Optimizer,
    draw: () => SegmentationBatch,
  ): Problem<SegmentationBatch> {
    const { method, recipe } = this.options;
    const generator = this.synthesis?.generator;
    const { colour, dropout } = this.#streams;
    const shared = { draw, task: this.task, compute: this.#compute };
    if (method.semiSupervision)
      return semiSupervisedProblem([this.segmenter, this.partner!], optimizer, {
        ...shared,
        generators: [colour, dropout],
        semi: method.semiSupervision,
        recolour: (image) => recolour(image, colour),
        steps: recipe.segmentation.steps,
      });
    const synthesise = (mask: Tensor, colours?: Drawn): Tensor => {
      const image = generator!.forward(oneHotMask(mask, this.#planes));
      return colours ? extraColours.apply(image, colours) : image;
    };
    return segmentationProblem(this.segmenter, optimizer, {
      ...shared,
      ...{ generators: [dropout], capture: this.#captureFor('segmentation') },
      // Without feedback nothing flows back into the generator, so nothing is recorded.
      synthesise: method.feedback ? synthesise : (...given) => noGrad(() => synthesise(...given)),
      syntheticWeight: recipe.syntheticWeight,
      frozen: (body) => (generator ? generator.withFrozenStatistics(body) : body()),
    });
  }

  /** One step of level I: the discriminator's, then the generator's. */
  pretrainStep(): Iteration {
    const { discriminator, generator } = this.synthesis!.problems;
    this.#setGanRate(this.options.recipe.gan.pretrainLr);
    return new Iteration(
      new Map([discriminator, generator].map((problem) => [problem.name, this.#step(problem)])),
    );
  }

  /** One segmentation step, with the levels above it where the method has them. */
  trainStep(): Iteration {
    this.segmenter.train();
    this.#setGanRate(this.options.recipe.gan.lr);
    if (this.engine) return this.engine.iterate();
    const loss = this.#step(this.segmentation);
    this.#followWithPartner();
    return new Iteration(new Map([[this.segmentation.name, loss]]));
  }

  /** Where the second network is no more than the moving average of the first. */
  #followWithPartner(): void {
    const decay = this.options.method.semiSupervision?.follows;
    if (!decay) return;
    const { step } = this.segmentation.optimizer.stateDict();
    updateAverage(this.partner!, this.segmenter, { step, decay });
  }

  /** At each step, since a checkpoint holds no rates. */
  #setGanRate(lr: number): void {
    const { generator, discriminator } = this.synthesis?.optimizers ?? {};
    for (const optimizer of [generator, discriminator]) if (optimizer) optimizer.lr = lr;
  }

  /** One update outside the engine. @returns its loss. */
  #step<Batch>(problem: Problem<Batch>): Reading {
    return scope(() => {
      const { loss, batch } = this.observe(problem.name, () => problem.step());
      this.#count(problem.name, idsOf(batch));
      return loss;
    });
  }

  #count(problem: string, ids: readonly string[]): void {
    const { steps, images } = this.updates[problem] ?? { steps: 0, images: 0 };
    this.updates[problem] = { steps: steps + 1, images: images + ids.length };
    this.#witness(problem, ids);
  }

  /** Synthetic pairs as the segmentation model sees them, before any change of colour. */
  sample(count: number): Pairs {
    const { generator } = this.synthesis!;
    return scope(() =>
      noGrad(() => {
        const { mask, ids } = this.#batches.masks(count);
        const planes = oneHotMask(mask, this.#planes);
        const image = generator.withFrozenStatistics(() => generator.forward(planes));
        return { image, mask, ids };
      }),
    );
  }

  /** Runs `body` and sets all random streams and samplers back, so that looking changes nothing. */
  peek<T>(body: () => T): T {
    const owners = [...Object.values(this.#streams), ...Object.values(this.#batches.samplers)];
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
    this.#batches.samplers.masks.restart(seeds.fork('masks'));
  }

  dispose(): void {
    for (const capture of this.#captures) capture.dispose(); // before what they read
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

/** @param trained the networks, and their families, which know the stages that have rates of their own. */
function optimizerFor(
  { optimizer, lr, momentum, weightDecay }: Recipe['segmentation'],
  trained: readonly (readonly [Family, Segmenter])[],
): Optimizer {
  const parameters = trained.flatMap(([, network]) => network.parameters());
  const made = scope(() =>
    optimizer === 'rmsprop'
      ? new RMSprop(parameters, lr, { momentum, weightDecay })
      : new AdamW(parameters, lr, { betas: [momentum, 0.999], weightDecay }),
  );
  made.factors = trained.flatMap(([family, network]) => factorsOf(family, network));
  return made;
}

/** The cases of a batch of any of the problems. */
export function idsOf(batch: unknown): string[] {
  const { ids = [], ...parts } = batch as Partial<Pairs & SegmentationBatch>;
  const { real, synthetic, duplicates, unlabelled } = parts;
  return [...ids, ...[real, synthetic, duplicates, unlabelled].flatMap((part) => part?.ids ?? [])];
}
