// @ts-check
// The precisions that this processor computes in: bf16 that is emulated takes minutes and tells nobody anything.

import { environment } from '@genseg/torch';

/** @type {readonly ('fp32' | 'bf16')[]} */
export const precisions = environment().cpu.bf16 ? ['fp32', 'bf16'] : ['fp32'];
