/** genseg report: one page for one run, or for several side by side. */
import { join, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { formatComparison, writeReport } from '../report/index.ts';
import { print } from './io.ts';

export const reportCommand = new Command('report')
  .description('write report.html: scores, curves, pairs and overlays; several runs are compared')
  .argument('<run...>', 'folders of runs')
  .option('--out <file>', 'where to write; by default report.html in the last run')
  .addHelpText(
    'after',
    '\nExample:\n  genseg report runs/augment runs/genseg --out comparison.html',
  )
  .action(async (runs, { out }) => {
    const folders = runs.map((run) => resolve(run));
    const file = resolve(out ?? join(folders.at(-1)!, 'report.html'));
    await writeReport(folders, file);
    print(`${formatComparison(folders)}\n\nreport: ${file}`);
  });
