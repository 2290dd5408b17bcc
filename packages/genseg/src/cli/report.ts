/** genseg report: one page for one run, or for several side by side. */
import { join, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { ConfigError } from '../errors.ts';
import { formatComparison, writeReport, writeSuiteReport } from '../report/index.ts';
import { isSuiteFolder } from '../suite/index.ts';
import { print } from './io.ts';

export const reportCommand = new Command('report')
  .description('write report.html: scores, curves, pairs and overlays; several runs are compared')
  .argument('<run...>', 'folders of runs, or the folder of one suite')
  .option('--out <file>', 'where to write; by default report.html in the last run')
  .addHelpText(
    'after',
    '\nExample:\n  genseg report runs/augment runs/genseg --out comparison.html',
  )
  .action(async (runs, { out }) => {
    const folders = runs.map((run) => resolve(run));
    const file = resolve(out ?? join(folders.at(-1)!, 'report.html'));
    const [suite, ...others] = folders.filter(isSuiteFolder);
    if (suite) {
      if (folders.length > 1 || others.length > 0)
        throw new ConfigError('a suite has a report of its own; name its folder alone');
      print(`${writeSuiteReport(suite, file)}\n\nreport: ${file}`);
      return;
    }
    await writeReport(folders, file);
    print(`${formatComparison(folders)}\n\nreport: ${file}`);
  });
