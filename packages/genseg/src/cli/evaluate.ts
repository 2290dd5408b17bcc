/** genseg evaluate: scores of a run's model on a labelled data set. */
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { formatResult } from '../report/index.ts';
import { evaluateRun } from '../workflow/index.ts';
import { print, say } from './io.ts';

export const evaluateCommand = new Command('evaluate')
  .description("score a run's model on a labelled data set")
  .argument('<run>', 'folder of the run')
  .argument('<data>', 'folder with images and masks; its test split where it has one')
  .option('--fast', 'scores alone, without what they may be trusted with')
  .option('--json', 'print the result as one JSON object on stdout')
  .addHelpText('after', '\nExample:\n  genseg evaluate runs/lungs other-hospital/')
  .action(async (run, data, { fast = false, json }) => {
    const warn = (text: string) => say(`warning: ${text}`);
    const result = await evaluateRun(resolve(run), resolve(data), { fast, warn });
    print(json ? result : formatResult(result));
  });
