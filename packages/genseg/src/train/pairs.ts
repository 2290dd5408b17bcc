/** Image-mask pairs of one size as tensors on one device. */
import {
  adaptiveAvgPool2d,
  type Device,
  keep,
  noGrad,
  scope,
  stack,
  type Tensor,
  tensor,
  upsampleNearest2d,
  zeros,
} from '@genseg/torch';
import type { Sample } from '../data/index.ts';
import { DataError } from '../errors.ts';
import type { Images } from './image-set.ts';

/** A batch of pairs. */
export interface Pairs extends Images {
  /** Class ids, int64 [N, H, W]. */
  mask: Tensor;
}

/** All labelled cases of a split; owns its tensors. */
export class PairSet {
  readonly ids: readonly string[];
  readonly #image: Tensor;
  readonly #mask: Tensor;

  constructor({ image, mask, ids }: Pairs) {
    this.ids = ids;
    this.#image = keep(image);
    this.#mask = keep(mask);
  }

  /** @param samples all of one size. @throws DataError for one without a mask. */
  static from(samples: readonly Sample[], device: Device): PairSet {
    return scope(() => {
      if (samples.length === 0)
        return new PairSet({ image: zeros([0]), mask: zeros([0]), ids: [] });
      const images = samples.map(({ image, height, width }) =>
        tensor(image, { shape: [image.length / (height * width), height, width] }),
      );
      const masks = samples.map((sample) =>
        tensor(maskOf(sample), { shape: [sample.height, sample.width] }),
      );
      return new PairSet({
        image: stack(images).to({ device }),
        mask: stack(masks).to({ device, dtype: 'int64' }),
        ids: samples.map(({ id }) => id),
      });
    });
  }

  get count(): number {
    return this.ids.length;
  }

  /** The pairs at these indices, in this order. */
  pick(indices: readonly number[]): Pairs {
    return scope(() =>
      noGrad(() => {
        const { device } = this.#image;
        const at = tensor(BigInt64Array.from(indices, BigInt), { device });
        return {
          image: this.#image.indexSelect(0, at),
          mask: this.#mask.indexSelect(0, at),
          ids: indices.map((i) => this.ids[i]),
        };
      }),
    );
  }

  all(): Pairs {
    return this.pick(this.ids.map((_, i) => i));
  }

  /** The same cases at another side: images averaged, masks by nearest neighbour. */
  resized(side: number): PairSet {
    return scope(() => {
      const { image, mask, ids } = this.all();
      const planes = mask.unsqueeze(1).to({ dtype: 'float32' });
      return new PairSet({
        image: adaptiveAvgPool2d(image, [side, side]),
        mask: upsampleNearest2d(planes, [side, side]).squeeze(1).to({ dtype: 'int64' }),
        ids,
      });
    });
  }

  dispose(): void {
    this.#image.dispose();
    this.#mask.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function maskOf(sample: Sample): Uint8Array {
  if (sample.mask) return sample.mask;
  throw new DataError(`case ${sample.id} has no mask; add one or leave the case out of training`);
}
