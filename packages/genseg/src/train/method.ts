/**
 * The methods that can be compared: what each trains the segmentation model on. All take the same number
 * of segmentation steps from the same labelled images; the loop (trainer.ts) reads these properties
 * and never asks for a name.
 */
import {
  type Augmentation,
  anyContrast,
  combine,
  copyPaste,
  type DrawWarp,
  flip,
  geometric,
  type Padding,
  rotate,
  strong,
  translate,
} from '../augment/index.ts';
import type { MethodName } from '../run/index.ts';
import { coTraining } from './semi/co-training.ts';
import { crossTeaching } from './semi/cross-teaching.ts';
import { meanTeacher } from './semi/mean-teacher.ts';
import { mutualCorrection } from './semi/mutual-correction.ts';
import type { SemiSupervision } from './semi/semi-supervision.ts';

/** Beyond the edge of warped images. With zeros there, the generator would learn to draw black frames. */
export const padding: Padding = 'reflection';

/**
 * Colours of the pairs beside the real ones, synthetic or duplicate: of any kind of acquisition. The real
 * pairs keep the model at home in its own; these teach it to go by shapes where images look otherwise.
 */
export const extraColours = anyContrast();

export interface Method {
  readonly name: MethodName;
  readonly summary: string;
  /** What is done to the real pairs of each batch; null: nothing. */
  readonly augmentation: Augmentation | null;
  /** Pairs from a generator that was first trained as a GAN on the training pairs. */
  readonly synthesises: boolean;
  /** The validation loss steers the generator: levels I, II and III run together. */
  readonly feedback: boolean;
  /** Real pairs in the places of synthetic ones, with their warps and colours. */
  readonly duplicates: boolean;
  /** The validation cases are trained on too, so there is nothing to select by: the last weights count. */
  readonly trainsOnValidation: boolean;
  /** What is learned from unlabelled images, with a second network; null: nothing. */
  readonly semiSupervision: SemiSupervision | null;
}

/**
 * Half of the pairs stay as they are: with few steps, a network that never sees an image as it is learns
 * the task later than one that does.
 */
const strongly = strong({ padding, probability: 0.5 });
const warped = (draw: DrawWarp): Augmentation => geometric(draw, { padding });

/** A method that differs from strong augmentation in what is given. */
const method = (
  name: MethodName,
  summary: string,
  differs: Partial<Omit<Method, 'name' | 'summary'>> = {},
): Method => ({
  name,
  summary,
  augmentation: strongly,
  synthesises: false,
  feedback: false,
  duplicates: false,
  trainsOnValidation: false,
  semiSupervision: null,
  ...differs,
});

export const plain = method('plain', 'the labelled images as they are', { augmentation: null });

/** The paper's single transforms, and the three of them. */
const single = [
  method('rotate', 'the labelled images, turned by up to 15 degrees', {
    augmentation: warped(rotate()),
  }),
  method('flip', 'the labelled images, mirrored left to right or not', {
    augmentation: warped(flip()),
  }),
  method('translate', 'the labelled images, moved by up to a tenth of their sides', {
    augmentation: warped(translate()),
  }),
  method('combine', 'the labelled images, turned, mirrored and moved in random order', {
    augmentation: warped(combine(rotate(), flip(), translate())),
  }),
];

export const augment = method('augment', 'strong random geometric and photometric augmentation');

const copyPasted = method(
  'copy-paste',
  'augmentation, and the objects of one labelled image pasted into another',
  { augmentation: copyPaste({ before: strongly }) },
);

const duplicate = method(
  'duplicate',
  'augmentation, and real pairs in the places of synthetic ones, with their warps and colours: the control for the generator',
  { duplicates: true },
);

const valAsTrain = method(
  'val-as-train',
  'augmentation; the validation images are trained on too, and the last weights are kept',
  { trainsOnValidation: true },
);

export const separate = method(
  'separate',
  'augmentation, and synthetic pairs from a generator trained beforehand',
  { synthesises: true },
);

export const genseg = method(
  'genseg',
  'augmentation, and synthetic pairs from a generator that the validation loss steers',
  { synthesises: true, feedback: true },
);

const semiSupervised = [
  method('mean-teacher', 'augmentation; agrees with its own moving average on unlabelled images', {
    semiSupervision: meanTeacher(),
  }),
  method('dct', 'augmentation; two networks, kept different, agree on unlabelled images', {
    semiSupervision: coTraining(),
  }),
  method('mcf', 'augmentation; of two networks the better teaches the other on unlabelled images', {
    semiSupervision: mutualCorrection(),
  }),
  method('ctbct', 'augmentation; a CNN and a transformer teach each other on unlabelled images', {
    semiSupervision: crossTeaching(),
  }),
];

export const methods: readonly Method[] = [
  ...[plain, ...single, augment, copyPasted, duplicate, valAsTrain],
  ...semiSupervised,
  ...[separate, genseg],
];

export const methodNamed = (name: MethodName): Method =>
  methods.find((method) => method.name === name)!;
