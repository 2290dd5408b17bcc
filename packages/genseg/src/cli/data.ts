/** genseg data: official downloads of public data sets as data folders. */
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { filesOf, type PublicSet, preparePublicSet, publicSets } from '../data/index.ts';
import { ConfigError } from '../errors.ts';
import { nearestName, quoted } from '../run/index.ts';
import { print, say } from './io.ts';

const list = new Command('list')
  .description('list the public data sets that can be prepared')
  .option('--json', 'print all that is known of them as one JSON object')
  .addHelpText('after', '\nExample:\n  genseg data list')
  .action(({ json }) => {
    if (json) return print({ sets: publicSets.map(factsOf) });
    const width = Math.max(...publicSets.map(({ name }) => name.length));
    print(publicSets.map(({ name, title }) => `${name.padEnd(width)}  ${title}`).join('\n'));
  });

const prepare = new Command('prepare')
  .description("turn a public data set's official download into a data folder; downloads nothing")
  .argument('<name>', 'which data set: see genseg data list')
  .argument('<download>', 'folder that its download was unpacked into')
  .option('--out <folder>', 'new or empty folder for the data (default: named as the data set)')
  .option('--skip-broken', 'leave out files that cannot be used, and list them in README.md')
  .option('--json', 'print what was written as one JSON object')
  .addHelpText('after', '\nExample:\n  genseg data prepare kvasir-seg ~/Downloads/kvasir-seg')
  .action(async (name, download, { out = name, skipBroken, json }) => {
    const set = setNamed(name);
    const result = await preparePublicSet(set, resolve(download), {
      out: resolve(out),
      skipBroken,
      tell: progress(),
    });
    if (json) return print({ ...factsOf(set), ...result });
    const { labelled, unlabelled, patients, splits, leftOut, unused } = result;
    const counts = Object.entries(splits).map(([split, count]) => `${split} ${count}`);
    print(
      [
        `${labelled} images with masks written to ${out}`,
        `classes   ${set.classes.join(', ')}`,
        `splits    ${counts.join(', ') || 'none'}`,
        `patients  ${patients ?? 'not identified by file names'}`,
        ...(unlabelled > 0 ? [`unlabelled ${unlabelled} images in ${out}/unlabelled`] : []),
        ...set.notes.map((note) => `note      ${note}`),
        ...leftOut.map((line) => `left out  ${line}`),
        ...(unused.length > 0
          ? [`not used  ${unused.length} other pictures, such as ${unused[0]}`]
          : []),
        `licence   ${set.licence}`,
        `cite      ${set.citation}`,
        `next      genseg inspect ${quoted(out)}`,
      ].join('\n'),
    );
  });

export const dataCommand = new Command('data')
  .description('prepare public data sets from their official downloads')
  .addCommand(list)
  .addCommand(prepare)
  .addHelpText('after', '\nExample:\n  genseg data list');

/** What is known of a set, as JSON. */
const factsOf = (set: PublicSet) => {
  const { name, title, homepage, licence, citation, known, classes, notes } = set;
  return { name, title, homepage, licence, citation, known, files: filesOf(set), classes, notes };
};

function setNamed(name: string): PublicSet {
  const set = publicSets.find((one) => one.name === name);
  if (set) return set;
  const names = publicSets.map((one) => one.name);
  const near = nearestName(name, names);
  throw new ConfigError(
    `"${name}" is not a data set that can be prepared; ${near ? `did you mean ${near}? ` : ''}There are ${names.join(', ')}`,
  );
}

/** A line on stderr now and then. */
function progress(): (done: number, all: number) => void {
  let shownAt = performance.now();
  return (done, all) => {
    if (performance.now() - shownAt < 5000) return;
    shownAt = performance.now();
    say(`${done} of ${all} images`);
  };
}
