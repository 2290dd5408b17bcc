/** Masks as tensors of zeros and ones, the form that losses compare with and generators draw from. */
import { arange, type DType, type Tensor } from '@genseg/torch';

/**
 * One channel per class, or the foreground alone where there is one channel.
 * @param mask integer classes, [N, H, W]; with one channel 1 is foreground.
 * @returns [N, channels, H, W].
 */
export function oneHotMask(
  mask: Tensor,
  channels: number,
  options: { dtype?: DType } = {},
): Tensor {
  const { dtype = 'float32' } = options;
  const first = channels === 1 ? 1 : 0;
  const classes = arange(first, first + channels, { device: mask.device, dtype: 'int64' });
  return mask
    .unsqueeze(1)
    .eq(classes.reshape([1, channels, 1, 1]))
    .to({ dtype });
}
