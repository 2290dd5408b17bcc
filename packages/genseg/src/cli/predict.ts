/** genseg predict: masks for new images. */
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { DataError } from '../errors.ts';
import { predictFiles } from '../workflow/index.ts';
import { print, say } from './io.ts';

export const predictCommand = new Command('predict')
  .description('segment images: one mask each, at the size of the image')
  .argument('<run>', 'folder of the run')
  .argument('<files...>', 'images, or folders of images')
  .requiredOption('--out <dir>', 'folder for the masks')
  .option('--probabilities', 'also write the probability of each class as 16-bit gray PNG')
  .option('--overlays', 'also write the mask drawn over the image')
  .option('--json', 'print what was written as one JSON object')
  .addHelpText(
    'after',
    '\nExample:\n  genseg predict runs/lungs new-images/ --out masks --overlays',
  )
  .action(async (run, files, { out, probabilities = false, overlays = false, json }) => {
    const inputs = files.map((file) => resolve(file));
    const result = await predictFiles(resolve(run), inputs, {
      out: resolve(out),
      probabilities,
      overlays,
    });
    for (const { error } of result.failed) say(`error: ${error}`);
    if (json) print(result);
    else
      print(
        `${result.written.length} masks written to ${out}, ${result.imagesPerSecond.toFixed(1)} images/s`,
      );
    if (result.failed.length > 0)
      throw new DataError(
        `${result.failed.length} of ${result.failed.length + result.written.length} images could not be read; the others are done`,
      );
  });
