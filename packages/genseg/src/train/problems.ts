/**
 * The paper's three levels as problems (Zhang et al. 2025, eqs. 1-3). What an equation says stands in
 * one function each:
 *
 *   I    discriminatorProblem, generatorProblem     G*(A), D* = argmin_G max_D L_gan(G, D; A)
 *   II   segmentationProblem                        S*(A) = argmin_S L(S; train) + lambda L(S; synthetic)
 *   III  architectureProblem                        min_A L(S*(A); validation)
 */
import { cat, type Generator, noGrad, type Tensor, where } from '@genseg/torch';
import type { Drawn } from '../augment/index.ts';
import { ignoredClass } from '../classes.ts';
import { type Capture, type Edge, lowerToUpper, Problem, upperToLower } from '../mlo/index.ts';
import {
  deepSupervisionLoss,
  type GanLoss,
  l1,
  type Module,
  oneHotMask,
  type Task,
} from '../nn/index.ts';
import type { Optimizer } from '../optim/index.ts';
import { lossOptions, outputsOf, type Segmenter } from '../segmenter/index.ts';
import type { Images } from './image-set.ts';
import type { Pairs } from './pairs.ts';

/** Mask planes [N, 1 or K, H, W] to images [N, C, H, W] in 0..1. */
export type MaskToImage = Module & { forward(mask: Tensor): Tensor };
/** Mask planes and images to logits of patches [N, 1, h, w]. */
export type Discriminator = Module & { forward(mask: Tensor, image: Tensor): Tensor };

/** Runs the evaluation of a loss in the precision of the run; absent for full precision. */
export type Compute = <T>(body: () => T) => T;

/** What the two problems of level I share. */
export interface GanOptions {
  draw(): Pairs;
  gan: GanLoss;
  /** Of masks as the generator takes them. */
  planes: number;
  /** Whether masks have pixels without a label. */
  partial?: boolean;
  random: Generator;
  compute?: Compute | undefined;
  capture?: Capture | undefined;
}

/** The real image stands in where there is no label, so that no loss sees a difference there. */
const whereLabelled = (fake: Tensor, { image, mask }: Pairs): Tensor =>
  where(mask.unsqueeze(1).ne(ignoredClass), fake, image);

const withFrozenStatistics =
  (one: Module, other: Module) =>
  <T>(body: () => T): T =>
    one.withFrozenStatistics(() => other.withFrozenStatistics(body));

/** Level I, the critic: tell real pairs from pairs with a generated image. */
export function discriminatorProblem(
  { discriminator, generator }: { discriminator: Discriminator; generator: MaskToImage },
  optimizer: Optimizer,
  options: GanOptions,
): Problem<Pairs> {
  const { draw, gan, planes, partial = false, random, ...running } = options;
  return new Problem('discriminator', {
    optimizer,
    draw,
    generators: [random],
    ...running,
    loss: (pairs) => {
      const { image, mask } = pairs;
      const planesOfMask = oneHotMask(mask, planes);
      const drawn = noGrad(() => generator.forward(planesOfMask));
      const fake = partial ? whereLabelled(drawn, pairs) : drawn;
      return gan.discriminator(
        discriminator.forward(planesOfMask, image),
        discriminator.forward(planesOfMask, fake),
      );
    },
    frozen: withFrozenStatistics(discriminator, generator),
  });
}

/** Level I, the generator: L_gan + weight * L1 (pix2pix, Isola et al. 2017, eq. 4). */
export function generatorProblem(
  { discriminator, generator }: { discriminator: Discriminator; generator: MaskToImage },
  optimizer: Optimizer,
  options: GanOptions & { l1Weight: number },
): Problem<Pairs> {
  const { draw, gan, l1Weight, planes, partial = false, random, ...running } = options;
  return new Problem('generator', {
    optimizer,
    draw,
    generators: [random],
    ...running,
    loss: (pairs) => {
      const { image, mask } = pairs;
      const planesOfMask = oneHotMask(mask, planes);
      const drawn = generator.forward(planesOfMask);
      const fake = partial ? whereLabelled(drawn, pairs) : drawn;
      const adversarial = gan.generator(discriminator.forward(planesOfMask, fake));
      return adversarial.add(l1(fake, image), { alpha: l1Weight });
    },
    frozen: withFrozenStatistics(discriminator, generator),
  });
}

/** Augmented masks that synthetic images are drawn for, class ids [N, H, W]. */
export interface SyntheticMasks {
  mask: Tensor;
  ids: readonly string[];
  /** What was drawn to change the colours of their images, so that the loss need not draw on the host. */
  colours?: Drawn;
}

/** Real pairs, and what synthetic ones are made from. */
export interface SegmentationBatch {
  real: Pairs;
  synthetic: SyntheticMasks | null;
  /** Of a control: real pairs in the place of synthetic ones, with their weight. */
  duplicates?: Pairs | null;
  /** Of semi-supervised methods: images that have no mask here. */
  unlabelled?: Images | null;
}

/**
 * Level II: L_seg(S; train) + lambda L_seg(S; synthetic), real and synthetic in one forward pass.
 * @param options.synthesise draws the images of masks [N, H, W], in the batch's colours where it has some; differentiable
 *   where there is feedback.
 */
export function segmentationProblem(
  segmenter: Segmenter,
  optimizer: Optimizer,
  options: {
    draw(): SegmentationBatch;
    synthesise(mask: Tensor, colours?: Drawn): Tensor;
    syntheticWeight: number;
    /** By default one plane is foreground and several are the classes. */
    task?: Task;
    generators: readonly Generator[];
    compute?: Compute | undefined;
    capture?: Capture | undefined;
    frozen?<T>(body: () => T): T;
  },
): Problem<SegmentationBatch> {
  const { synthesise, syntheticWeight, task, frozen = (body) => body(), ...running } = options;
  return new Problem('segmentation', {
    optimizer,
    ...running,
    loss: ({ real, synthetic, duplicates }) => {
      const options = lossOptions(segmenter, task);
      const mask = duplicates?.mask ?? synthetic?.mask;
      if (!mask) return deepSupervisionLoss(outputsOf(segmenter, real.image), real.mask, options);
      const [count, extra] = [real.mask.shape[0], mask.shape[0]];
      const images = cat([real.image, duplicates?.image ?? synthesise(mask, synthetic?.colours)]);
      const logits = outputsOf(segmenter, images);
      const realLoss = deepSupervisionLoss(
        logits.map((depth) => depth.narrow(0, 0, count)),
        real.mask,
        options,
      );
      const syntheticLoss = deepSupervisionLoss(
        logits.map((depth) => depth.narrow(0, count, extra)),
        mask,
        options,
      );
      return realLoss.add(syntheticLoss, { alpha: syntheticWeight });
    },
    frozen: (body) => frozen(() => segmenter.withFrozenStatistics(body)),
  });
}

/** Level III: the validation loss of the trained segmentation model, as it predicts (running statistics). */
export function architectureProblem(
  segmenter: Segmenter,
  optimizer: Optimizer,
  options: { draw(): Pairs; task?: Task; compute?: Compute | undefined },
): Problem<Pairs> {
  return new Problem('architecture', {
    optimizer,
    ...options,
    loss: ({ image, mask }) =>
      deepSupervisionLoss(outputsOf(segmenter, image), mask, lossOptions(segmenter, options.task)),
    frozen: (body) => {
      const { training } = segmenter;
      segmenter.eval();
      try {
        return body();
      } finally {
        segmenter.train(training);
      }
    },
  });
}

/** Who depends on whom: A and G enter the synthetic images, A enters the GAN, validation judges S*. */
export function gensegEdges(problems: {
  generator: Problem<Pairs>;
  segmentation: Problem<SegmentationBatch>;
  architecture: Problem<Pairs>;
}): Edge[] {
  const { generator, segmentation, architecture } = problems as unknown as Record<string, Problem>;
  return [
    upperToLower(architecture, generator), // indirect path: A -> G*(A) -> S
    upperToLower(generator, segmentation),
    upperToLower(architecture, segmentation), // direct path: A -> S
    lowerToUpper(segmentation, architecture),
  ];
}
