/**
 * The numbers of a training, and the presets; plan.json stores them. Not among them, and alike in every
 * run: how much augmentation changes (augment/), the weights of semi-supervised losses (train/semi/), and
 * of the optimisers what is not named here, which is as in PyTorch (optim/).
 */

export interface Recipe {
  /** Real pairs in each batch. */
  batch: number;
  /** Synthetic pairs beside them. */
  syntheticBatch: number;
  segmentation: {
    /** Channels of the U-Net's first level. */
    width: number;
    optimizer: 'rmsprop' | 'adamw';
    lr: number;
    /** Share of the velocity that stays (rmsprop), or of the mean gradient (adamw: its first beta). */
    momentum: number;
    /** As the optimiser takes it: added to the gradient (rmsprop), or apart from it (adamw). */
    weightDecay: number;
    /** Of the learning rate: constant, or a cosine from it to zero after a warm-up. */
    schedule: 'constant' | 'cosine';
    /** Steps in which the learning rate rises to the cosine; at most all but the last. */
    warmup: number;
    /** Updates of the segmentation model; the budget that all methods share. */
    steps: number;
    /** Decay of the moving average of weights that is validated and kept; 0: the weights themselves. */
    average: number;
  };
  gan: {
    /** Pairs in each batch. */
    batch: number;
    /** Halvings in the generator, at most those that the image size allows. */
    depth: number;
    width: number;
    discriminatorWidth: number;
    pretrainLr: number;
    /** Learning rate while the levels run together. */
    lr: number;
    /** Of Adam, in generator and discriminator. */
    betas: [number, number];
    pretrainSteps: number;
    /** Weight of the L1 term on images in 0..1; pix2pix has 100 on -1..1, which is 200 here. */
    l1: number;
    loss: 'vanilla' | 'lsgan';
  };
  /** Weight of the loss on synthetic pairs, the paper's lambda. */
  syntheticWeight: number;
  architecture: {
    lr: number;
    /** Of Adam: added to the gradient. */
    weightDecay: number;
    /** Validation images in one upper loss; more are visited in turn. */
    validationBatch: number;
    /** Segmentation steps between two hypergradients. */
    interval: number;
    /** Segmentation steps before the first. */
    warmup: number;
  };
  /** Segmentation steps between two validations. */
  validateEvery: number;
  /**
   * Part of the steps after which the best weights on validation are kept. A few validation images
   * cannot tell early weights from later ones, which have been annealed.
   */
  selectAfter: number;
}

export type PresetName = 'fast' | 'standard' | 'paper';

/** Reasons are part of the preset: they are what plan.json says of it. */
export const presets: Readonly<Record<PresetName, { recipe: Recipe; reason: string }>> = {
  fast: {
    reason: 'minutes on a CPU, at 128 px',
    recipe: {
      batch: 4,
      syntheticBatch: 4,
      segmentation: {
        width: 16,
        optimizer: 'adamw',
        lr: 2e-3,
        momentum: 0.9,
        weightDecay: 1e-4,
        schedule: 'cosine',
        warmup: 24,
        steps: 480,
        average: 0.95,
      },
      gan: {
        batch: 2,
        depth: 5,
        width: 16,
        discriminatorWidth: 16,
        pretrainLr: 5e-4,
        lr: 1e-4,
        betas: [0.5, 0.999],
        pretrainSteps: 300,
        l1: 200,
        loss: 'vanilla',
      },
      syntheticWeight: 1,
      architecture: { lr: 3e-2, weightDecay: 1e-5, validationBatch: 8, interval: 24, warmup: 48 },
      validateEvery: 40,
      selectAfter: 2 / 3,
    },
  },
  standard: {
    reason: 'a GPU, or hours on a CPU',
    recipe: {
      batch: 8,
      syntheticBatch: 8,
      segmentation: {
        width: 32,
        optimizer: 'adamw',
        lr: 1e-3,
        momentum: 0.9,
        weightDecay: 1e-4,
        schedule: 'cosine',
        warmup: 150,
        steps: 3000,
        average: 0.99,
      },
      gan: {
        batch: 4,
        depth: 8,
        width: 64,
        discriminatorWidth: 64,
        pretrainLr: 2e-4,
        lr: 5e-5,
        betas: [0.5, 0.999],
        pretrainSteps: 3000,
        l1: 200,
        loss: 'vanilla',
      },
      syntheticWeight: 1,
      architecture: { lr: 3e-3, weightDecay: 1e-5, validationBatch: 8, interval: 2, warmup: 100 },
      validateEvery: 50,
      selectAfter: 2 / 3,
    },
  },
  paper: {
    reason: 'the rates, widths and batch of the paper (Zhang et al. 2025)',
    recipe: {
      batch: 2,
      syntheticBatch: 2,
      segmentation: {
        width: 64,
        optimizer: 'rmsprop',
        lr: 1e-5,
        momentum: 0.9,
        weightDecay: 1e-8,
        schedule: 'constant',
        warmup: 0,
        steps: 5000,
        average: 0,
      },
      gan: {
        batch: 2,
        depth: 8,
        width: 64,
        discriminatorWidth: 64,
        pretrainLr: 2e-5,
        lr: 1e-6,
        betas: [0.5, 0.999],
        pretrainSteps: 4000,
        l1: 200,
        loss: 'vanilla',
      },
      syntheticWeight: 1,
      architecture: { lr: 1e-6, weightDecay: 1e-5, validationBatch: 8, interval: 1, warmup: 0 },
      validateEvery: 10,
      selectAfter: 0,
    },
  },
};
