// @ts-check
// The images of this folder, from the stage 1 training set of the 2018 Data Science Bowl (BBBC038), whose
// instances were merged to one mask per image and sorted by kind of image:
//
//   node examples/nuclei/make-examples.mjs <folder with fluo/ and purple_white/>
//
// Each of the two has images/ and masks/. Names are hashes, so that their order is as good as random.

import { mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const sharp = createRequire(new URL('../../packages/genseg/package.json', import.meta.url))(
  'sharp',
);
const [source] = process.argv.slice(2);
if (!source) throw new Error('name the folder that holds fluo/ and purple_white/');

const LONGEST = 192; // side, px
const KEPT = /** @type {const} */ ([
  ['train', 56],
  ['test', 40],
]);

for (const [from, to] of [
  ['fluo', 'fluorescence'],
  ['purple_white', 'purple-white'],
]) {
  const files = readdirSync(join(source, from, 'images')).sort();
  for (const [split, count] of KEPT) {
    const folder = join(import.meta.dirname, to, split);
    for (const kind of ['images', 'masks']) mkdirSync(join(folder, kind), { recursive: true });
    for (const file of files.splice(0, count)) {
      const name = `${file.slice(0, 12)}.png`;
      // Both kinds in gray, so that a model of one can be tested on the other.
      await sharp(join(source, from, 'images', file))
        .removeAlpha()
        .resize({ width: LONGEST, height: LONGEST, fit: 'inside', withoutEnlargement: true })
        .toColourspace('b-w')
        .png({ compressionLevel: 9, effort: 10, palette: false })
        .toFile(join(folder, 'images', name));
      await sharp(join(source, from, 'masks', file))
        .toColourspace('b-w')
        .resize({
          width: LONGEST,
          height: LONGEST,
          fit: 'inside',
          withoutEnlargement: true,
          kernel: 'nearest',
        })
        .png({ compressionLevel: 9 })
        .toFile(join(folder, 'masks', name));
    }
  }
}
