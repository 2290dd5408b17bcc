/** Images of one size as tensors on one device, without masks: what semi-supervised methods see beside the pairs. */
import { type Device, keep, noGrad, scope, stack, type Tensor, tensor } from '@genseg/torch';
import type { Sample } from '../data/index.ts';

/** A batch of images. */
export interface Images {
  /** [N, C, H, W], 0..1. */
  image: Tensor;
  /** The cases they come from, for the record of what was trained on what. */
  ids: readonly string[];
}

/** Owns its tensor. */
export class ImageSet {
  readonly ids: readonly string[];
  readonly #image: Tensor;

  /** @param samples at least one, all of one size. */
  constructor(
    samples: readonly Pick<Sample, 'id' | 'image' | 'height' | 'width'>[],
    device: Device,
  ) {
    this.ids = samples.map(({ id }) => id);
    this.#image = keep(
      scope(() =>
        stack(
          samples.map(({ image, height, width }) =>
            tensor(image, { shape: [image.length / (height * width), height, width] }),
          ),
        ).to({ device }),
      ),
    );
  }

  get count(): number {
    return this.ids.length;
  }

  /** The images at these indices, in this order. */
  pick(indices: readonly number[]): Images {
    return scope(() =>
      noGrad(() => {
        const { device } = this.#image;
        const at = tensor(BigInt64Array.from(indices, BigInt), { device });
        return { image: this.#image.indexSelect(0, at), ids: indices.map((i) => this.ids[i]) };
      }),
    );
  }

  dispose(): void {
    this.#image.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
