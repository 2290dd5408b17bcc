/** The smallest trainings that are still whole: bright discs on gray noise, 32 px, nets of width 4. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Device, liveTensors, scope, type Tensor, zeros } from '@genseg/torch';
import { afterEach, beforeEach, expect } from 'vitest';
import { ignoredClass } from '../src/classes.ts';
import type { CaptureWork, HypergradientMethod } from '../src/mlo/index.ts';
import { classTask, Module, type Task } from '../src/nn/index.ts';
import { Random } from '../src/random.ts';
import { type Family, unet } from '../src/segmenter/index.ts';
import {
  type ImageGenerator,
  ImageSet,
  type Method,
  noProgress,
  type Observe,
  PairSet,
  type Plan,
  type Progress,
  presets,
  type Recipe,
  Session,
  saveCheckpoint,
  Trainer,
  type TrainerOptions,
} from '../src/train/index.ts';
import type { Witness } from '../src/train/session.ts';

export const side = 32;

/** Each test of the file leaves as many tensors as it found. */
export function checkLeaks(): void {
  let before = 0;
  beforeEach(() => {
    before = liveTensors();
  });
  afterEach(() => {
    expect(liveTensors(), 'live tensors after the test').toBe(before);
  });
}

/** A segmenter without training: any function of the images [N, C, H, W]. */
export class DrawnSegmenter extends Module {
  readonly #logits: (images: Tensor) => Tensor;

  constructor(logits: (images: Tensor) => Tensor) {
    super();
    scope(() => this.parameter('unused', zeros([1])));
    this.#logits = logits;
  }

  forward(images: Tensor): Tensor {
    return this.#logits(images);
  }
}

interface DiscOptions {
  classes?: number;
  /** Whether the lower half of the masks has no label. */
  halved?: boolean;
}

/** Labelled discs `<name>-0`, `<name>-1`, ... as pixels. */
export function discSamples(
  name: string,
  count: number,
  { classes = 2, halved = false }: DiscOptions = {},
) {
  const random = new Random(count).fork(name);
  return Array.from({ length: count }, (_, i) => ({
    id: `${name}-${i}`,
    width: side,
    height: side,
    ...disc(random, classes, halved),
  }));
}

/** A disc: image [1, side, side] in 0..1, mask of class ids; `classes` - 1 rings of equal width. */
function disc(random: Random, classes: number, halved: boolean) {
  const [x, y] = [0, 0].map(() => side * (0.35 + 0.3 * random.uniform()));
  const radius = side * (0.15 + 0.15 * random.uniform());
  const image = new Float32Array(side * side);
  const mask = new Uint8Array(side * side);
  for (let i = 0; i < image.length; i++) {
    const distance = Math.hypot((i % side) - x, Math.floor(i / side) - y) / radius;
    mask[i] = distance < 1 ? 1 + Math.floor(distance * (classes - 1)) : 0;
    image[i] = 0.3 + (0.4 * mask[i]) / (classes - 1) + 0.2 * random.uniform();
  }
  if (halved) mask.fill(ignoredClass, mask.length / 2);
  return { image, mask };
}

/** The same as tensors. */
export const discs = (
  name: string,
  count: number,
  { device = 'cpu', ...options }: DiscOptions & { device?: Device } = {},
): PairSet => PairSet.from(discSamples(name, count, options), device);

const { recipe: fast } = presets.fast;
export const tinyRecipe: Recipe = {
  ...fast,
  batch: 2,
  syntheticBatch: 2,
  segmentation: { ...fast.segmentation, width: 4, steps: 6, warmup: 1 },
  gan: { ...fast.gan, depth: 3, width: 4, discriminatorWidth: 4, pretrainSteps: 3 },
  architecture: { ...fast.architecture, interval: 2, warmup: 1 },
  syntheticWeight: 0.5,
  validateEvery: 2,
  selectAfter: 1 / 3,
};

export interface TinyOptions {
  family?: Family;
  recipe?: Recipe;
  seed?: number;
  classes?: number;
  task?: Task;
  halved?: boolean;
  device?: Device;
  imageGenerator?: ImageGenerator;
  hypergradient?: HypergradientMethod;
  captureWork?: CaptureWork;
  warn?: (text: string) => void;
  witness?: Witness;
  observe?: Observe;
}

/** A session on five training and two validation discs; all of it is disposed of together. */
export function tinySession(method: Method, options: TinyOptions = {}) {
  const { family = unet, recipe = tinyRecipe, seed = 0, witness, observe } = options;
  const { classes = 2, task, halved, device = 'cpu' } = options;
  const { imageGenerator, hypergradient, captureWork, warn } = options;
  const train = discs('train', 5, { classes, halved, device });
  const validation = discs('validation', 2, { classes, halved, device });
  const shape = { size: side, channels: 1, classes, task, imageGenerator, hypergradient };
  const run = { method, family, recipe, seed, ...shape, device, precision: 'fp32' } as const;
  const unlabelled = method.semiSupervision
    ? new ImageSet(discSamples('unlabelled', 4, { classes }), device)
    : null;
  const session = new Session(
    { ...run, observe, captureWork, warn },
    { train, validation, unlabelled },
    witness,
  );
  const owned = [session, train, validation, ...(unlabelled ? [unlabelled] : [])];
  return {
    session,
    train,
    validation,
    unlabelled,
    [Symbol.dispose]: () => {
      for (const one of owned) one.dispose();
    },
  };
}

/** What training decides before it starts, for a proof of its loop. */
export const tinyPlan = (options: Partial<Plan> = {}): Plan => ({
  method: 'genseg',
  model: 'unet',
  weights: null,
  stageRates: {},
  recipe: tinyRecipe,
  size: side,
  channels: 1,
  classes: ['background', 'disc'],
  task: classTask(options.classes?.length ?? 2),
  device: 'cpu',
  precision: 'fp32',
  imageLayout: 'channels-last',
  cudaGraphs: false,
  threads: 1,
  seed: 0,
  decisions: [],
  ...options,
});

type Tiny = ReturnType<typeof tinySession>;

/** A trainer whose outcomes go nowhere, except where the options say. */
export const tinyTrainer = (
  { session, validation }: Tiny,
  options: Partial<TrainerOptions> & { progress?: Progress } = {},
): Trainer => {
  const { progress = noProgress(), ...rest } = options;
  const nothing = { emit() {}, checkpoint() {}, keepBest() {}, interrupted: () => false };
  return new Trainer(session, validation, progress, { ...nothing, ...rest });
};

export const hashOf = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

/** Everything that training changes, as one hash: that of the checkpoint file. */
export function stateHash(folder: string, session: Session, progress = noProgress()): string {
  saveCheckpoint(join(folder, 'state'), session.parts, progress);
  return hashOf(join(folder, 'state', 'state.safetensors'));
}
