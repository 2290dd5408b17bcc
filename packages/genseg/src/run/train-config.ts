/**
 * The options of training: what `genseg train` takes, with their checks and their docs. How they are
 * resolved is config.ts; what a preset sets is given by the caller.
 * Numbers and booleans may come as text (from the environment or the command line). `null` means not
 * given: the preset, the data or the machine decide, and plan.json says what.
 */

import { z } from 'zod';

const folder = (what: string) => z.string({ error: what }).min(1, { error: what });

const oneOf = <const Names extends readonly string[]>(...names: Names) =>
  z.enum(names, { error: `expected one of ${names.join(', ')}` });

function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  const upper = maximum === Number.MAX_SAFE_INTEGER ? ' or more' : ` to ${maximum}`;
  const error = `expected a whole number, ${minimum}${upper}`;
  const number = z.number({ error }).int({ error }).min(minimum, { error }).max(maximum, { error });
  return z.preprocess((value) => (isNumeric(value) ? Number(value) : value), number);
}

const isNumeric = (value: unknown): value is string =>
  typeof value === 'string' && /^\s*-?\d+\s*$/.test(value);

const secondsPer = { s: 1, m: 60, h: 3600 };
const durationError = 'expected a time such as 90s, 5m or 2h, or a number of seconds';

/** `5m`, `90s`, `1.5h` or a number of seconds. */
const duration = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^\d+(\.\d+)?[smh]?$/)
        .transform(toSeconds),
    ],
    {
      error: durationError,
    },
  )
  .refine((seconds) => seconds > 0 && Number.isFinite(seconds), { error: durationError });

function toSeconds(text: string): number {
  const unit = text.at(-1) as keyof typeof secondsPer;
  return Number.parseFloat(text) * (secondsPer[unit] ?? 1);
}

const truthOf: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };
const boolean = z.preprocess(
  (value) => (typeof value === 'string' ? (truthOf[value] ?? value) : value),
  z.boolean({ error: 'expected true or false' }),
);

const semiSupervisedNames = ['mean-teacher', 'dct', 'mcf', 'ctbct'] as const;

/** Whether a method needs `--unlabelled`. */
export const takesUnlabelled = (method: string): boolean =>
  semiSupervisedNames.some((name) => name === method);

/** What `--method` names; `train/method.ts` has what they do. */
export const methodNames = [
  'genseg',
  'separate',
  'augment',
  'plain',
  'rotate',
  'flip',
  'translate',
  'combine',
  'copy-paste',
  'duplicate',
  'val-as-train',
  ...semiSupervisedNames,
] as const;
export type MethodName = (typeof methodNames)[number];

/** What `--model` names; `segmenter/family.ts` has their code. */
export const modelNames = ['unet', 'deeplabv3', 'deeplabv3-aux', 'resunet', 'swin-unet'] as const;
export type ModelName = (typeof modelNames)[number];

/** Whether `--model` is a file. */
export const isScript = (model: string): boolean => model.endsWith('.pt');

const stageLrError =
  'expected a part of the model and its share of the learning rate, as encoder=0.1';

export const trainConfigSchema = z
  .object({
    data: folder('expected a folder with images and masks').describe(
      'Folder with images and masks; it may have train/, val/ and test/ in it',
    ),
    out: folder('expected a folder for the run').describe('Folder of the run, new or empty'),
    method: oneOf(...methodNames)
      .default('genseg')
      .describe(
        'genseg: generator steered by the validation loss; separate: generator trained first, ' +
          'no feedback; augment: strong augmentation alone; plain: neither. ' +
          `Further methods to compare with: ${methodNames.slice(4).join(', ')}`,
      ),
    model: z
      .string()
      .refine((model) => isScript(model) || modelNames.some((name) => name === model), {
        error: `expected one of ${modelNames.join(', ')}, or a TorchScript file (.pt)`,
      })
      .default('unet')
      .describe(`Segmentation model: ${modelNames.join(', ')}, or a TorchScript file (.pt)`),
    weights: z
      .string()
      .refine((path) => path.endsWith('.safetensors') || isScript(path), {
        error: 'expected a safetensors file, or a TorchScript file (.pt)',
      })
      .nullable()
      .default(null)
      .describe(
        'Pretrained weights of the model or a part of it: safetensors, or TorchScript (.pt)',
      ),
    stageLr: z
      .preprocess(
        (value) => (typeof value === 'string' ? [value] : value),
        z.array(z.string().regex(/^[^=\s]+=\d*\.?\d+$/, { error: stageLrError }), {
          error: stageLrError,
        }),
      )
      .default([])
      .describe(
        'A part of the model with a share of the learning rate, as encoder=0.1; 0 freezes it; may be given several times',
      ),
    classWeights: oneOf('none', 'balanced')
      .default('none')
      .describe('balanced: rare classes count as much as common ones in the cross-entropy'),
    intensity: oneOf('image', 'dataset')
      .default('image')
      .describe(
        'What is scaled to 0..1: each image by its own values, or all by the same, as values with a unit need (CT)',
      ),
    labels: wholeNumber(2)
      .nullable()
      .default(null)
      .describe('Number of labelled cases to draw, by patient; by default all'),
    val: wholeNumber(1)
      .nullable()
      .default(null)
      .describe('How many of the labelled cases are for validation; by default a fifth'),
    test: z
      .preprocess(
        (value) => (typeof value === 'string' ? [value] : value),
        z.array(folder('expected folders with images and masks')),
      )
      .default([])
      .describe('Test set, evaluated at the end only; may be given several times'),
    unlabelled: folder('expected a folder with images')
      .nullable()
      .default(null)
      .describe('Images for semi-supervised methods; masks there are never read'),
    size: wholeNumber(16, 4096)
      .default(128)
      .describe('Side in pixels of the square that images are resampled to'),
    preset: oneOf('fast', 'standard', 'paper')
      .default('fast')
      .describe(
        'fast: minutes on a CPU; standard: a GPU or a patient CPU; ' +
          "paper: the paper's rates, widths and batch; --size, scaling and augmentation stay ours",
      ),
    iterations: wholeNumber(1)
      .nullable()
      .default(null)
      .describe('Optimiser updates of the segmentation model; by default the preset says'),
    budget: duration
      .nullable()
      .default(null)
      .describe('Time to spend, such as 90s, 5m or 2h; training is planned to end within it'),
    checkpointEvery: duration
      .default(30)
      .describe('Time between checkpoints, which a run that was killed goes on from'),
    seed: wholeNumber(0).default(0).describe('Seed of all randomness'),
    device: oneOf('auto', 'cpu', 'cuda').default('auto').describe('Where to compute'),
    precision: oneOf('auto', 'fp32', 'bf16').default('auto').describe('Arithmetic of the models'),
    imageLayout: oneOf('auto', 'contiguous', 'channels-last')
      .default('auto')
      .describe('How images lie in memory between the kernels of a CPU'),
    cudaGraphs: boolean
      .default(false)
      .describe('Capture steps on a GPU once and replay them; new, and not tried on one yet'),
    threads: wholeNumber(1, 1024)
      .nullable()
      .default(null)
      .describe('CPU threads; by default all cores, or fewer where that is much faster'),
    profile: boolean
      .default(false)
      .describe('Write where the time of a few steps of each stage goes: profile.md and a trace'),
    fastTest: boolean
      .default(false)
      .describe('Test as genseg evaluate --fast does: scores alone, several times sooner'),
    json: boolean.default(false).describe('Print the result as one JSON object on stdout'),
  })
  .refine(({ labels, val }) => labels === null || val === null || val < labels, {
    path: ['val'],
    error: 'expected fewer validation cases than labels',
  });

/** Resolved options of training; `budget` and `checkpointEvery` are in seconds. */
export type TrainConfig = z.output<typeof trainConfigSchema>;
