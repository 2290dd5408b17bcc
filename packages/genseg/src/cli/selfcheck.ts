/** genseg selfcheck: proves again, on a run's own data, that its loop is closed. */
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { TrainingError } from '../errors.ts';
import { selfcheck } from '../workflow/index.ts';
import { print } from './io.ts';

export const selfcheckCommand = new Command('selfcheck')
  .description(
    "prove on a run's data that validation feedback reaches the generator and nothing leaks",
  )
  .argument('<run>', 'folder of the run')
  .option('--json', 'print the checks as one JSON object')
  .addHelpText('after', '\nExample:\n  genseg selfcheck runs/lungs')
  .action(async (run, { json }) => {
    const checks = await selfcheck(resolve(run));
    const passed = checks.every((check) => check.passed);
    if (json) print({ passed, checks });
    else
      print(
        checks
          .map(
            ({ name, passed, value, explanation }) =>
              `${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${value}\n       ${explanation}`,
          )
          .join('\n'),
      );
    if (!passed) throw new TrainingError('the self-check failed');
  });
