/** Sums over many pixels need more digits than the half types have. */
import type { Tensor } from '@genseg/torch';

/** float32 in place of float16 and bfloat16; wider types stay. */
export const fullPrecision = (x: Tensor): Tensor =>
  x.dtype === 'bfloat16' || x.dtype === 'float16' ? x.to({ dtype: 'float32' }) : x;
