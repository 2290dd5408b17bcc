/**
 * The families of segmentation models that can be trained, by every method. The rest of the training
 * knows a segmenter only as a module from images to logits (problems.ts).
 */
import { basename } from 'node:path';
import { type Device, type Generator, keep, loadScript } from '@genseg/torch';
import { ConfigError } from '../errors.ts';
import {
  DeepLabV3,
  ResUNet,
  resUNetCost,
  resUNetDepth,
  ScriptSegmenter,
  SwinUNet,
  UNet,
} from '../models/index.ts';
import { isScript, modelNames } from '../run/index.ts';
import type { Segmenter } from './segmenter.ts';

/** What a model needs of memory, and how it is configured. */
export interface Cost {
  /** Trained values. */
  weights: number;
  /** Values kept for a backward pass, of one image. */
  features: number;
  /** Depth and width in words. */
  summary: string;
}

export interface Family {
  /** As `--model` has it; `script` for a user's file, anything for a family of one's own. */
  readonly name: string;
  readonly summary: string;
  /** Whether it may insist on one image size. */
  readonly fixedSize?: boolean;
  /** Its parts by name: the beginnings of their parameters' names, up to a dot. */
  readonly stages?: Readonly<Record<string, readonly string[]>>;
  /** Of what `build` makes of the same numbers. Families that have it are made narrower where memory is short. */
  cost?(channels: number, planes: number, options: { width: number; size: number }): Cost;
  /**
   * As the model of `genseg train`, from random weights: its learning rate as a share of the preset's, and why it is
   * another; default 1. A session takes the recipe's as it is, and a semi-supervised partner has its model's.
   */
  readonly rate?: { readonly share: number; readonly reason: string };
  /** The learning rate of a parameter as a multiple of the others'; default 1. */
  rateOf?(name: string): number;
  /**
   * @param channels of the images. @param planes of the logits: 1, or one per class.
   * @param options.width channels of a U-Net's first level; 64 is the published size of every family.
   * @param options.size side of the square images that it is for, px.
   * @param options.generator draws the first weights. @param options.dropoutGenerator draws in training,
   *   on the device.
   */
  build(
    channels: number,
    planes: number,
    options: {
      width: number;
      size: number;
      generator: Generator;
      dropoutGenerator: Generator;
      device: Device;
    },
  ): Segmenter;
}

/** Of the U-Net, by level. */
const levels = (side: string) => [1, 2, 3, 4].map((level) => `${side}${level}`);

export const unet: Family = {
  name: 'unet',
  summary: 'U-Net (Ronneberger et al. 2015), with batch normalisation',
  stages: { encoder: ['inc', ...levels('down')], decoder: [...levels('up'), 'outc'] },
  build: (channels, planes, { width, generator, device }) =>
    new UNet(channels, planes, { width, generator }).to(device),
};

export const deeplabv3: Family = {
  name: 'deeplabv3',
  summary: 'DeepLabV3 (Chen et al. 2017) on a ResNet-50',
  stages: { encoder: ['backbone'], decoder: ['classifier'] },
  build: (channels, planes, { width, generator, dropoutGenerator, device }) =>
    new DeepLabV3(channels, planes, { width, generator, dropoutGenerator }).to(device),
};

export const deeplabv3Auxiliary: Family = {
  name: 'deeplabv3-aux',
  summary: `${deeplabv3.summary}, with torchvision's auxiliary head in training`,
  stages: { encoder: ['backbone'], decoder: ['classifier', 'aux_classifier'] },
  build: (channels, planes, { width, generator, dropoutGenerator, device }) => {
    const options = { width, auxiliary: true, generator, dropoutGenerator };
    return new DeepLabV3(channels, planes, options).to(device);
  },
};

/** nnU-Net's 32 where the U-Net has 64. */
const resUNetWidth = (width: number): number => Math.ceil(width / 2);

export const resunet: Family = {
  name: 'resunet',
  summary:
    'residual U-Net with deep supervision, planned from the image size (Isensee et al. 2024)',
  stages: { encoder: ['encoder'], decoder: ['decoder'] },
  cost: (channels, planes, { width, size }) => {
    const own = resUNetWidth(width);
    return {
      ...resUNetCost(channels, planes, { width: own, size }),
      summary: `${resUNetDepth(size, size)} halvings, ${own} channels at full size`,
    };
  },
  build: (channels, planes, { width, size, generator, device }) =>
    new ResUNet(channels, planes, { width: resUNetWidth(width), size, generator }).to(device),
};

export const swinUNet: Family = {
  name: 'swin-unet',
  summary: 'Swin-UNet (Cao et al. 2021), shifted windows in encoder and decoder',
  rate: {
    share: 0.5,
    reason:
      'from random weights it predicts background alone at first, and gets beyond that sooner and further so',
  },
  stages: {
    encoder: ['patch_embed', 'layers', 'norm'],
    decoder: ['layers_up', 'concat_back_dim', 'norm_up', 'up', 'output'],
  },
  build: (channels, planes, { width, generator, dropoutGenerator, device }) =>
    new SwinUNet(channels, planes, {
      width: Math.ceil(width / 2) * 3, // 96 where the U-Net has 64
      generator,
      dropoutGenerator,
    }).to(device),
};

/** A model of the user's, with the weights of its file. */
export const script = (path: string): Family => ({
  name: 'script',
  summary: `the TorchScript model ${basename(path)}, from the weights in it`,
  fixedSize: true, // for all that we know
  build: (_, planes, { dropoutGenerator: generator, device }) => {
    const loaded = keep(loadScript(path, { device, generator }));
    try {
      return new ScriptSegmenter(loaded, planes).to(device);
    } catch (error) {
      loaded.dispose();
      throw error;
    }
  },
});

export const families: readonly Family[] = [unet, deeplabv3, deeplabv3Auxiliary, resunet, swinUNet];

/** @param model the name of a family, or the path of a TorchScript file. @throws ConfigError for others. */
export function familyNamed(model: string): Family {
  const family = isScript(model) ? script(model) : families.find(({ name }) => name === model);
  if (family) return family;
  throw new ConfigError(
    `there is no model "${model}" here, only ${modelNames.join(', ')} and TorchScript files (.pt); a newer genseg may have it`,
  );
}
