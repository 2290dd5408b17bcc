/** genseg inspect: what a data folder holds and what was inferred. */
import { Command } from '@commander-js/extra-typings';
import { type Inspection, inspect } from '../data/index.ts';
import { print } from './io.ts';

export const inspectCommand = new Command('inspect')
  .description('show what was found in a data folder, what was inferred, problems and duplicates')
  .argument('<data>', 'folder with images and masks')
  .option('--json', 'print the manifest, problems and duplicates as one JSON object')
  .addHelpText('after', '\nExample:\n  genseg inspect examples/lungs')
  .action(async (data, { json }) => {
    const inspection = await inspect(data);
    if (json) return print(inspection);
    const { manifest, problems, duplicates } = inspection;
    const { cases, classes, fingerprint, inferred, layout } = manifest;
    const splits = ['train', 'validation', 'test', null].map((split) => ({
      split: split ?? 'no split',
      count: cases.filter((one) => one.split === split).length,
    }));
    const lines = [
      `${cases.length} images, ${cases.filter((one) => one.labels !== null).length} with masks, ${new Set(cases.map((one) => one.group)).size} patients or groups`,
      `layout    ${layout}`,
      `classes   ${classes.join(', ')}`,
      `images    ${fingerprint.channels === 1 ? 'gray' : `${fingerprint.channels} channels`}, ${fingerprint.bits} bits, ${fingerprint.width[0]}-${fingerprint.width[2]} x ${fingerprint.height[0]}-${fingerprint.height[2]} px`,
      `splits    ${splits
        .filter(({ count }) => count > 0)
        .map(({ split, count }) => `${split} ${count}`)
        .join(', ')}`,
      ...inferred.map((text) => `inferred  ${text}`),
      ...problems.map(({ severity, message }) => `${severity.padEnd(9)} ${message}`),
      ...duplicateLines(duplicates),
    ];
    print(lines.join('\n'));
    if (problems.some(({ severity }) => severity === 'error')) process.exitCode = 1;
  });

/** A line for each pair that makes a comparison unfair; of the others, which stay together anyway, one for all. */
export function duplicateLines(duplicates: Inspection['duplicates']): string[] {
  const within = duplicates.filter(({ crosses }) => crosses.length === 0);
  const told =
    within.length > 1 ? duplicates.filter(({ crosses }) => crosses.length > 0) : duplicates;
  const lines = told.map(
    ({ cases: [a, b], kind, crosses }) =>
      `duplicate ${a} and ${b} (${kind})${crosses.length > 0 ? `, across ${crosses.join(' and ')}` : ''}`,
  );
  if (within.length < 2) return lines;
  const exact = within.filter(({ kind }) => kind === 'exact').length;
  const [a, b] = within[0].cases;
  return [
    ...lines,
    `duplicate ${within.length} pairs within a split and patient (${exact} exact, ${within.length - exact} near), such as ${a} and ${b}; --json lists them`,
  ];
}
