// @ts-check
// The precisions that a device computes in: bf16 that is emulated takes minutes and tells nobody anything.

import { environment } from '@genseg/torch';

/** @typedef {'fp32' | 'bf16'} Precision */

/** Of this processor. @type {readonly Precision[]} */
export const precisions = environment().cpu.bf16 ? ['fp32', 'bf16'] : ['fp32'];
