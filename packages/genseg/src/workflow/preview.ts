/** Pictures of what the generator draws: mask, synthetic image, and the nearest real training image. */
import { join } from 'node:path';
import { noGrad, scope, type Tensor } from '@genseg/torch';
import { encodePng, grid, type ImagePlanes, type MaskPlane } from '../picture/index.ts';
import { writeFileAtomic } from '../run/index.ts';
import type { PairSet, Session } from '../train/index.ts';
import { nearestOf } from '../trust/index.ts';

const shown = 4;

/** Draws the pairs of augmented training masks. @returns the file's name, null without a generator. */
export function drawPreview(
  folder: string,
  session: Session,
  train: PairSet,
  step: number,
): string | null {
  if (!session.synthesis) return null;
  const tiles = scope(() =>
    noGrad(() => {
      const { image, mask } = session.peek(() => session.sample(shown));
      const real = train.all().image;
      const nearest = nearestOf(image, real);
      const [, , height, width] = image.shape;
      const imageTile = (x: Tensor): ImagePlanes => ({
        image: x.toFloat32Array(),
        height,
        width,
      });
      const maskTile = (x: Tensor): MaskPlane => ({
        mask: x.to({ dtype: 'uint8' }).toTypedArray() as Uint8Array,
        height,
        width,
      });
      return nearest.map(({ index }, i) => [
        maskTile(mask.at(i)),
        imageTile(image.at(i)),
        imageTile(real.at(index)),
      ]);
    }),
  );
  const name = `step-${String(step).padStart(6, '0')}.png`;
  writeFileAtomic(
    join(folder, name),
    // Short words: a tile may be no wider than 64 px.
    encodePng(grid(tiles, { labels: ['mask', 'synthetic', 'nearest'] })),
  );
  return name;
}
