// @ts-check
// What `npm run evidence` can run: tasks, methods, numbers of labelled images, draws of them.

import { fileURLToPath } from 'node:url';

/**
 * A label count and a draw of a task by one method is a cell: one training, tested on all test sets.
 * @typedef {object} Suite
 * @property {string} data folder with train/ and test/
 * @property {readonly string[]} methods the first is compared with each of the others
 * @property {readonly number[]} labels
 * @property {number} draws seeds 0 to draws - 1
 * @property {readonly string[]} options further options of `genseg train`
 */

const example = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const lungs = example('lungs');
const methods = ['genseg', 'separate', 'augment', 'plain'];

/** GenSeg beside its baselines for every family of models, on two classes and on three. */
const families = ['unet', 'deeplabv3', 'resunet', 'swin-unet'].flatMap((model) => {
  const shared = { methods: ['genseg', 'augment', 'plain'], draws: 3 };
  const options = ['--model', model];
  /** @type {[string, Suite][]} */
  const both = [
    [`lungs-14-${model}`, { ...shared, data: lungs, labels: [14], options }],
    [
      `hippocampus-20-${model}`,
      {
        ...shared,
        data: example('hippocampus'),
        labels: [20],
        options: [...options, '--size', '64'],
      },
    ],
  ];
  return both;
});

/** @type {Readonly<Record<string, Suite>>} */
export const suites = {
  smoke: {
    data: lungs,
    methods: ['genseg', 'augment'],
    labels: [9],
    draws: 2,
    options: ['--iterations', '24', '--size', '64'],
  },
  'lungs-14': { data: lungs, methods, labels: [14], draws: 5, options: [] },
  'lungs-9': { data: lungs, methods, labels: [9], draws: 5, options: [] },
  ...Object.fromEntries(families),
};
