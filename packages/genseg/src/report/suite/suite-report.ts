/** report.html and report.md of a suite's folder: what its results say, in pictures, tables and words. */
import { writeFileAtomic } from '../../run/index.ts';
import { readResults } from '../../suite/index.ts';
import { analyse } from './analysis.ts';
import { suiteMarkdown, titles } from './markdown.ts';
import { suitePage } from './page.ts';
import { suiteVerdict } from './verdict.ts';

/**
 * @param folder of `genseg bench`. @param out the HTML file; the Markdown lies beside it.
 * @returns the verdict in words.
 */
export function writeSuiteReport(folder: string, out: string): string {
  const results = readResults(folder);
  const analysis = analyse(results);
  writeFileAtomic(out, suitePage(results, analysis).text);
  writeFileAtomic(out.replace(/(\.html?)?$/, '.md'), suiteMarkdown(results, analysis));
  const verdict = suiteVerdict(analysis, results.subject);
  return verdict
    ? `${titles[verdict.kind]}. ${verdict.sentences.join(' ')}`
    : 'Nothing to compare yet.';
}
