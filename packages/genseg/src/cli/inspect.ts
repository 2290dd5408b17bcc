/** genseg inspect: what a data folder holds and what was inferred. */
import { Command } from '@commander-js/extra-typings';
import { inspect } from '../data/index.ts';
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
      ...duplicates.map(
        ({ cases: [a, b], kind, crosses }) =>
          `duplicate ${a} and ${b} (${kind})${crosses.length > 0 ? `, across ${crosses.join(' and ')}` : ''}`,
      ),
    ];
    print(lines.join('\n'));
    if (problems.some(({ severity }) => severity === 'error')) process.exitCode = 1;
  });
