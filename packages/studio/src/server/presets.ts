/** What can be trained at one click, and what it would do, in words. */
import { defaultValidationCount } from 'genseg/data';
import { counted, list, methodWords } from 'genseg/report';
import type { MethodName, TrainingOptions, TrainingPlan, TrainingPreset } from '../api.ts';
import { inTurn } from './equal-steps.ts';
import type { ProjectContext } from './project.ts';

const basis: TrainingOptions = {
  methods: ['augment', 'genseg'],
  model: 'unet',
  size: 128,
  preset: 'fast',
  budget: 300,
  iterations: null,
  validation: null,
  seed: 0,
  testSets: [],
};

/** The first is the one to offer. */
export const presets: readonly TrainingPreset[] = [
  {
    name: 'Standard',
    summary:
      'GenSeg for five minutes, and strong augmentation for as many steps: shows whether GenSeg helps you.',
    options: basis,
  },
  {
    name: 'Quick look',
    summary: 'One minute of augmentation alone: a first model to pre-fill masks with.',
    options: { ...basis, methods: ['augment'], budget: 60 },
  },
  {
    name: 'All methods',
    summary:
      'GenSeg for ten minutes, and augmentation and plain training for as many steps: the whole comparison.',
    options: { ...basis, methods: ['plain', 'augment', 'genseg'], budget: 600 },
  },
  {
    name: 'Thorough',
    summary:
      'GenSeg for two hours at 256 px, and strong augmentation for as many steps: for the last few points.',
    options: { ...basis, size: 256, budget: 7200 },
  },
];

/** Seconds beside the training itself: reading data and measuring steps, and each test image. */
const overhead = 20;
const perTestImage = 0.5;

export function planOf(
  options: TrainingOptions,
  { table, settings }: Pick<ProjectContext, 'table' | 'settings'>,
  busy: string | null,
): TrainingPlan {
  const { rows, problems, testSets, inspection, duplicates } = table.whole();
  const { methods, budget, validation } = options;
  const test = rows.filter(({ split, mask }) => split === 'test' && mask !== null);
  const tested = new Set(test.map(({ group, id }) => group ?? id));
  const pool = rows.filter(
    ({ mask, split, group, id }) => mask && split !== 'test' && !tested.has(group ?? id),
  );
  const validating = validation ?? defaultValidationCount(pool);
  const unlabelled = rows.filter(({ mask }) => mask === null).length;
  const classes = settings
    .get()
    .classes.slice(1)
    .map(({ name }) => name);
  const known = pool.flatMap(({ labels }) => (labels ? [labels] : []));
  const unseen = classes.filter(
    (_, i) => known.length > 0 && known.every((pixels) => (pixels[i + 1] ?? 0) === 0),
  );
  const chosen = testSets.filter(({ name }) => options.testSets.includes(name));
  const testImages = test.length + chosen.reduce((sum, { images }) => sum + images, 0);
  const seconds =
    budget === null ? null : methods.length * (budget + overhead + perTestImage * testImages);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const missing = options.testSets.filter((name) => !testSets.some((set) => set.name === name));
  const groups = new Set(pool.map(({ group, id }) => group ?? id)).size;
  const sentences = [
    `Learns ${list(classes)} from ${counted(pool.length, 'labelled image')}: ${Math.max(0, pool.length - validating)} to train on, ${validating} to steer and choose by.`,
    testImages > 0
      ? `Then tests on ${counted(testImages, 'image')} that no model has seen.`
      : 'No image is set aside as a test, so there will be no score that can be trusted: give some images the split test.',
    `Trains ${methods.length === 1 ? '' : 'one after the other: '}${list(inTurn(methods).map(told))}${budget === null ? '' : timeOf(budget, methods.length)}.`,
    'Goes on when you close this page, and can be paused at any time.',
  ];
  return {
    sentences,
    seconds,
    labelled: pool.length,
    obstacles: [
      ...(busy === null ? [] : [`${busy} is being trained; pause it or wait until it is done`]),
      ...(pool.length < 2
        ? [
            `${counted(pool.length, 'image')} to learn from: at least 2 need a mask and must not be test images`,
          ]
        : []),
      ...(pool.length >= 2 && groups < 2
        ? ['All labelled images are of one patient; training and validation need one each']
        : []),
      ...(pool.length >= 2 && pool.length <= validating
        ? [`${validating} of ${pool.length} labelled images would validate and none would train`]
        : []),
      ...missing.map((name) => `There is no test set ${name}`),
      ...errors.map(({ message }) => message),
    ],
    warnings: [
      ...(['running', 'stale'].includes(inspection.state)
        ? ['The images are still being looked at; problems may turn up.']
        : []),
      ...(unseen.length > 0
        ? [`No mask to learn from shows ${list(unseen)}: what is never shown is never found.`]
        : []),
      ...(unlabelled > 0
        ? [`${counted(unlabelled, 'image')} without a mask will not be used.`]
        : []),
      ...duplicates
        .filter(({ crosses }) => crosses.length > 0)
        .map(
          ({ ids: [a, b], crosses }) =>
            `${a} and ${b} are the same image across ${crosses.join(' and ')}.`,
        ),
      ...(pool.length >= 2 && pool.length < 5
        ? ['With so few labelled images the result depends much on which they are.']
        : []),
    ],
  };
}

function told(method: MethodName): string {
  const { label, sentence } = methodWords(method);
  return `${label} (${sentence})`;
}

/** @param methods how many share the steps. */
const timeOf = (budget: number, methods: number): string =>
  methods === 1
    ? `, for ${duration(budget)}`
    : `; the first for ${duration(budget)}, then as many steps of each`;

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} seconds`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 360) / 10} hours`;
}
