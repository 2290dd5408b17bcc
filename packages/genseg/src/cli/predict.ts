/** genseg predict: masks for new images. */
import { basename, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { DataError } from '../errors.ts';
import { choiceText, predictFiles } from '../workflow/index.ts';
import { print, say } from './io.ts';
import { wholeNumber } from './parse.ts';

/** Millimetres per pixel: one number, or x,y. */
function parseSpacing(text: string): readonly [x: number, y: number] {
  const [x, y = x, ...rest] = text.split(',').map(Number);
  if (x > 0 && y > 0 && Number.isFinite(x * y) && rest.length === 0) return [x, y];
  throw new InvalidArgumentError('expected mm per pixel above 0: one number, or x,y.');
}

export const predictCommand = new Command('predict')
  .description('segment images: one mask each, at the size of the image')
  .argument('<run>', 'folder of the run')
  .argument(
    '<files...>',
    'images, or folders of images; of a model trained on several files an image (_0000, _0001, ...) all of them',
  )
  .requiredOption('--out <dir>', 'folder for the masks')
  .option('--probabilities', 'also write the probability of each class as 16-bit gray PNG')
  .option('--overlays', 'also write the mask drawn over the image')
  .option(
    '--uncertainty',
    'also write where the model is unsure as 16-bit gray PNG, black where sure',
  )
  .addOption(
    new Option('--fast', 'masks and areas only, without what they may be trusted with').conflicts(
      'uncertainty',
    ),
  )
  .addOption(
    new Option(
      '--tile [px]',
      'cut images that show more than a training image into overlapping tiles of that extent, or of a width in px; as --fast',
    )
      .argParser(wholeNumber('a whole number of pixels, or nothing', 1))
      .conflicts('uncertainty'),
  )
  .option(
    '--spacing <mm>',
    'size of a pixel in mm, for areas: 0.14, or x,y: 0.14,0.2',
    parseSpacing,
  )
  .addOption(
    new Option(
      '--precision <name>',
      'fp32; bf16, faster on some processors; auto: bf16 where the first images get the same masks sooner',
    )
      .choices(['fp32', 'bf16', 'auto'] as const)
      .default('fp32' as const),
  )
  .option('--json', 'print what was written as one JSON object')
  .addHelpText(
    'after',
    '\nExample:\n  genseg predict runs/lungs new-images/ --out masks --overlays --uncertainty',
  )
  .action(async (run, files, { out, json, fast, tile, precision, spacing, ...written }) => {
    const inputs = files.map((file) => resolve(file));
    const whole = fast ? 'one' : 'six';
    const result = await predictFiles(resolve(run), inputs, {
      out: resolve(out),
      view: tile === undefined ? whole : { tile: tile === true ? null : tile },
      write: (['probabilities', 'overlays', 'uncertainty'] as const).filter((one) => written[one]),
      precision,
      spacing,
    });
    for (const { error } of result.failed) say(`error: ${error}`);
    const [mask] = result.skipped;
    if (mask)
      say(
        `${result.skipped.length} masks beside their images were skipped, such as ${basename(mask)}`,
      );
    if (!json && result.precision?.agreement != null) say(choiceText(result.precision));
    if (json) print(result);
    else
      print(
        `${result.written.length} masks and predictions.csv written to ${out}, ${result.imagesPerSecond.toFixed(1)} images/s`,
      );
    const { length: failed } = result.failed;
    if (failed > 0)
      throw new DataError(
        result.written.length > 0
          ? `${failed} of ${failed + result.written.length} images could not be read; the others are done`
          : `no image could be read, of ${failed}`,
      );
  });
