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

const lungs = fileURLToPath(new URL('../../examples/lungs', import.meta.url));
const methods = ['genseg', 'separate', 'augment', 'plain'];

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
};
