/**
 * A warp of a batch, and its use on images and masks: each place of the output shows the input at
 * map(place + displacement(place)). However many transforms went into the map, the pixels are read
 * once, by grid_sample: images bilinear, masks nearest, so that no class id arises that was not there.
 *
 * The derivative with respect to the image is of the first order; LibTorch has no second one here.
 */
import {
  arange,
  type Device,
  gridSampler,
  noGrad,
  scope,
  stack,
  type Tensor,
  tensor,
} from '@genseg/torch';
import type { Affine } from './affine.ts';

/** The batch that a warp is drawn for. */
export interface Frame {
  count: number;
  height: number;
  width: number;
  device: Device;
}

export interface Warp {
  /** One for each sample. */
  maps: readonly Affine[];
  /** Pixels, x and y: [N, 2, H, W]. */
  displacement: Tensor | null;
}

/** What is seen beyond the input's edge: 0 (black, background), the edge's pixels, or the mirror image. */
export type Padding = 'zeros' | 'border' | 'reflection';

/** grid_sample's codes. */
const PADDING: Readonly<Record<Padding, number>> = { zeros: 0, border: 1, reflection: 2 };
const BILINEAR = 0;
const NEAREST = 1;

/** @param batch [N, ..., H, W]. */
export function frameOf(batch: Tensor): Frame {
  const [count] = batch.shape;
  const [height, width] = batch.shape.slice(-2);
  return { count, height, width, device: batch.device };
}

/** Where each output pixel is read, in grid_sample's unit: the input reaches from -1 to 1. [N, H, W, 2] */
export function samplingGrid({ maps, displacement }: Warp, frame: Frame): Tensor {
  const { count, height, width, device } = frame;
  return scope(() => {
    const units = [2 / width, 2 / width, 2 / width, 2 / height, 2 / height, 2 / height];
    const coefficients = maps.flatMap((map) => map.map((value, i) => value * units[i]));
    const [a, b, c, d, e, f] = tensor(coefficients, { shape: [count, 6, 1, 1], device }).unbind({
      dim: 1,
    });
    const centred = (length: number) =>
      arange(0, length, { dtype: 'float32', device }).sub((length - 1) / 2);
    let x = centred(width); // [W]
    let y = centred(height).unsqueeze(1); // [H, 1]
    if (displacement) {
      const [right, down] = displacement.unbind({ dim: 1 }); // [N, H, W]
      x = x.add(right);
      y = y.add(down);
    }
    const u = a.mul(x).add(b.mul(y)).add(c);
    const v = d.mul(x).add(e.mul(y)).add(f);
    return stack([u, v], { dim: -1 });
  });
}

/** @param image [N, C, H, W]. */
export function warpImage(
  image: Tensor,
  grid: Tensor,
  options: { padding?: Padding } = {},
): Tensor {
  const { padding = 'zeros' } = options;
  return scope(() =>
    gridSampler(image, grid.to({ dtype: image.dtype }), BILINEAR, PADDING[padding], false),
  );
}

/** @param mask class ids [N, H, W], or one-hot [N, K, H, W]; the same kind and type comes back. */
export function warpMask(mask: Tensor, grid: Tensor, options: { padding?: Padding } = {}): Tensor {
  const { padding = 'zeros' } = options;
  const { dim, dtype } = mask;
  const nearest = (ids: Tensor) => {
    const planes = ids.unsqueeze(1).to({ dtype: 'float32' });
    return gridSampler(planes, grid, NEAREST, PADDING[padding], false).squeeze(1);
  };
  return scope(() =>
    noGrad(() => {
      if (dim === 3) return nearest(mask).to({ dtype });
      const numClasses = mask.shape[1];
      if (numClasses === 1) return nearest(mask.squeeze(1)).unsqueeze(1).to({ dtype });
      // As ids, so that what comes in from beyond the edge is class 0 and not "no class".
      const ids = nearest(mask.argmax({ dim: 1 })).to({ dtype: 'int64' });
      return ids.oneHot({ numClasses }).movedim(-1, 1).to({ dtype });
    }),
  );
}
