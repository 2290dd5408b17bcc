/**
 * The arms that can be compared: what each trains the segmentation model on. All take the same number
 * of segmentation steps from the same labelled images; the loop (trainer.ts) reads these properties
 * and never asks for a name.
 */
import type { Padding } from '../augment/index.ts';

/** Beyond the edge of warped images. With zeros there, the generator would learn to draw black frames. */
export const padding: Padding = 'reflection';

export interface Method {
  readonly name: 'plain' | 'augment' | 'separate' | 'genseg';
  /** Random geometric and photometric augmentation of the real pairs. */
  readonly augments: boolean;
  /** Pairs from a generator that was first trained as a GAN on the training pairs. */
  readonly synthesises: boolean;
  /** The validation loss steers the generator: levels I, II and III run together. */
  readonly feedback: boolean;
  readonly summary: string;
}

export const plain: Method = {
  name: 'plain',
  augments: false,
  synthesises: false,
  feedback: false,
  summary: 'the labelled images as they are',
};

export const augment: Method = {
  name: 'augment',
  augments: true,
  synthesises: false,
  feedback: false,
  summary: 'strong random geometric and photometric augmentation',
};

export const separate: Method = {
  name: 'separate',
  augments: true,
  synthesises: true,
  feedback: false,
  summary: 'augmentation, and synthetic pairs from a generator trained beforehand',
};

export const genseg: Method = {
  name: 'genseg',
  augments: true,
  synthesises: true,
  feedback: true,
  summary: 'augmentation, and synthetic pairs from a generator that the validation loss steers',
};

export const methods: readonly Method[] = [plain, augment, separate, genseg];

export const methodNamed = (name: Method['name']): Method =>
  methods.find((method) => method.name === name)!;
