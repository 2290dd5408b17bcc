/** genseg generate: synthetic image-mask pairs. */
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { generatePairs } from '../workflow/index.ts';
import { print } from './io.ts';
import { wholeNumber } from './parse.ts';

export const generateCommand = new Command('generate')
  .description("write synthetic pairs from a run's generator, with their provenance")
  .argument('<run>', 'folder of a genseg or separate run')
  .requiredOption('--count <n>', 'number of pairs', wholeNumber('a whole number, 1 or more', 1))
  .requiredOption(
    '--out <dir>',
    'folder for images/, masks/ and provenance.json; imagesTr/, labelsTr/ where images are neither gray nor RGB',
  )
  .option('--seed <n>', 'seed of warps and dropout', wholeNumber('a whole number, 0 or more', 0), 0)
  .option('--json', 'print what was written as one JSON object')
  .addHelpText('after', '\nExample:\n  genseg generate runs/lungs --count 100 --out synthetic')
  .action(async (run, { count, out, seed, json }) => {
    const result = await generatePairs(resolve(run), { count, out: resolve(out), seed });
    print(json ? result : `${result.pairs.length} pairs written to ${out}`);
  });
