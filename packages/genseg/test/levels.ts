/**
 * The paper's three levels on small real networks, put together from the problems up: any optimiser, in
 * float32 or float64, and validation data of the test's choice.
 */
import { type DType, Generator, scope, type Tensor } from '@genseg/torch';
import { photometric } from '../src/augment/index.ts';
import { Engine, Graph, type Problem, unrolled } from '../src/mlo/index.ts';
import { Architecture, PatchDiscriminator, Pix2PixGenerator, UNet } from '../src/models/index.ts';
import { Module, oneHotMask, type Parameter, vanillaGan } from '../src/nn/index.ts';
import { Adam, AdamW, type Optimizer, RMSprop, SGD } from '../src/optim/index.ts';
import { Random } from '../src/random.ts';
import type { Segmenter } from '../src/segmenter/index.ts';
import type { PairSet, Pairs } from '../src/train/index.ts';
import {
  architectureProblem,
  discriminatorProblem,
  generatorProblem,
  gensegEdges,
  segmentationProblem,
} from '../src/train/problems.ts';
import { Sampler } from '../src/train/sampler.ts';
import { inDouble } from './golden.ts';

export type MakeOptimizer = (parameters: readonly Parameter[]) => Optimizer;

/** The segmentation model's optimisers: those of the recipes, and plain descent with momentum. */
export const segmentationOptimizers: readonly (readonly [string, MakeOptimizer])[] = [
  ['SGD', (p) => new SGD(p, 0.05, { momentum: 0.9 })],
  ['RMSprop', (p) => new RMSprop(p, 1e-3, { momentum: 0.9, weightDecay: 1e-8 })],
  ['AdamW', (p) => new AdamW(p, 2e-3, { weightDecay: 1e-4 })],
];

export interface LevelsOptions {
  train: PairSet;
  seed: number;
  /** What is trained in the place of a U-Net; it is owned from here on. */
  segmenter?: Segmenter;
  /** Of the U-Net and of the generator. */
  width: { segmenter: number; generator: number };
  depth: { segmenter: number; generator: number };
  optimizer: MakeOptimizer;
  /** Learning rates of the generator, the discriminator and the architecture. */
  lr: { generator: number; discriminator: number; architecture: number };
  batch: number;
  /** Of the changes of colour; default none. */
  strength?: number;
  dtype?: 'float32' | 'float64';
}

/** A generator for masks of zeros and ones of any type. */
class FromMasks extends Module {
  readonly #net: Pix2PixGenerator;
  readonly #dtype: DType;

  constructor(net: Pix2PixGenerator, dtype: DType) {
    super();
    this.#net = this.child('net', net);
    this.#dtype = dtype;
  }

  forward(mask: Tensor): Tensor {
    return this.#net.forward(mask.to({ dtype: this.#dtype }));
  }
}

export type Levels = ReturnType<typeof makeLevels>;

export function makeLevels(options: LevelsOptions) {
  const { train, seed, width, depth, optimizer, lr, batch, strength = 0 } = options;
  const { dtype = 'float32' } = options;
  const initial = new Generator(seed);
  const colour = new Generator(seed + 1);
  const order = new Sampler(train.count, new Random(seed));

  const segmenter: Segmenter =
    options.segmenter ??
    new UNet(1, 1, {
      ...{ width: width.segmenter, depth: depth.segmenter },
      generator: initial,
    });
  const architecture = new Architecture(depth.generator, { generator: initial });
  const net = new Pix2PixGenerator(1, 1, architecture, {
    ...{ width: width.generator, generator: initial, dropoutGenerator: initial },
  });
  const small = { width: 4, layers: 2, generator: initial };
  const discriminator = new PatchDiscriminator(1, 1, small);
  const generator = new FromMasks(net, dtype);
  const modules = { segmenter, architecture, generator, discriminator };
  if (dtype === 'float64') for (const module of Object.values(modules)) inDouble(module);

  const betas: [number, number] = [0.5, 0.999];
  const optimizers = scope(() => ({
    segmenter: optimizer(segmenter.parameters()),
    generator: new Adam(generator.parameters(), lr.generator, { betas }),
    discriminator: new Adam(discriminator.parameters(), lr.discriminator, { betas }),
    architecture: new Adam(architecture.parameters(), lr.architecture),
  }));

  const typed = (pairs: Pairs): Pairs => ({ ...pairs, image: pairs.image.to({ dtype }) });
  const draw = () => scope(() => typed(train.pick(order.next(batch))));
  const compute = <T>(body: () => T) => body();
  const shared = { draw, gan: vanillaGan, planes: 1, random: initial, compute };
  const recolour = photometric({ strength });
  const networks = { discriminator, generator };
  const lower = {
    discriminator: discriminatorProblem(networks, optimizers.discriminator, shared),
    generator: generatorProblem(networks, optimizers.generator, { ...shared, l1Weight: 200 }),
    segmentation: segmentationProblem(segmenter, optimizers.segmenter, {
      draw: () => ({ real: draw(), synthetic: draw() }),
      synthesise: (mask) => recolour(generator.forward(oneHotMask(mask, 1)), colour),
      syntheticWeight: 1,
      generators: [colour, initial],
      compute,
      frozen: (body) => generator.withFrozenStatistics(body),
    }),
  };
  /** Levels I to III with these pairs as validation data. */
  const judgedBy = (validation: PairSet) => {
    const upper = architectureProblem(segmenter, optimizers.architecture, {
      ...{ draw: () => scope(() => typed(validation.all())), compute },
    });
    const graph = new Graph(gensegEdges({ ...lower, architecture: upper }));
    return { upper: upper as Problem, graph };
  };
  const levels = Object.values(lower).map((problem) => ({ problem: problem as Problem }));
  const streams = { initial, colour };
  return {
    ...{ segmenter, architecture, optimizers, problems: lower, judgedBy },
    engine: (validation: PairSet): Engine => {
      const { graph, upper } = judgedBy(validation);
      return new Engine(graph, { upper, levels, method: unrolled() });
    },
    /** All that training changes, for a checkpoint. */
    parts: { modules, optimizers, generators: streams, samplers: { order } },
    [Symbol.dispose]() {
      const owners = [modules, optimizers, streams].flatMap((x) => Object.values<Disposable>(x));
      for (const one of owners) one[Symbol.dispose]();
    },
  };
}
