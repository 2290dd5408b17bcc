/**
 * report.html: one page about one run, or about several side by side. It stands alone: styles, charts
 * and pictures are in it, it runs no script and loads nothing. What it says is read from the run
 * folders alone, so that the same folders give the same page.
 */
import { type RunEvent, writeFileAtomic } from '../run/index.ts';
import { compareRuns } from './compare-runs.ts';
import { architecture } from './page/architecture.ts';
import { curves } from './page/curves.ts';
import { html } from './page/html.ts';
import { pageRuns } from './page/page-run.ts';
import { pairs, predictions } from './page/pictures.ts';
import { decisions, repeating, selfChecks } from './page/provenance.ts';
import { scores } from './page/scores.ts';
import { page } from './page/shell.ts';
import { summary, titleOf } from './page/summary.ts';
import { audits, trust } from './page/trust.ts';
import { readRun } from './run-record.ts';

/** @param roots folders of one run or more. @param out the file to write. @param ending as of `readRun`. */
export async function writeReport(
  roots: readonly string[],
  out: string,
  ending?: RunEvent,
): Promise<void> {
  const runs = pageRuns(roots.map((root) => readRun(root, ending)));
  const contrasts = compareRuns(runs);
  const content = html`${summary(runs, contrasts)}
${scores(runs, contrasts)}
${trust(runs)}
${curves(runs)}
${architecture(runs)}
${await pairs(runs)}
${await audits(runs)}
${await predictions(runs)}
${selfChecks(runs)}
${decisions(runs)}
${repeating(runs)}`;
  writeFileAtomic(out, page(titleOf(runs), content).text);
}
