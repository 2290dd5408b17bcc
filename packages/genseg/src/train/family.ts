/**
 * The families of segmentation models that can be trained, by every method. The rest of the training
 * knows a segmenter only as a module from images to logits (problems.ts).
 */
import type { Generator } from '@genseg/torch';
import { UNet } from '../models/index.ts';
import type { Segmenter } from './problems.ts';

export interface Family {
  readonly name: 'unet';
  readonly summary: string;
  /**
   * @param channels of the images. @param planes of the logits: 1, or one per class.
   * @param options.width channels of the first level; 64 is the published size of every family.
   * @param options.generator draws the first weights. @param options.dropoutGenerator draws in training.
   */
  build(
    channels: number,
    planes: number,
    options: { width: number; generator: Generator; dropoutGenerator: Generator },
  ): Segmenter;
}

export const unet: Family = {
  name: 'unet',
  summary: 'U-Net (Ronneberger et al. 2015), with batch normalisation',
  build: (channels, planes, { width, generator }) =>
    new UNet(channels, planes, { width, generator }),
};

export const families: readonly Family[] = [unet];

export const familyNamed = (name: Family['name']): Family =>
  families.find((family) => family.name === name)!;
