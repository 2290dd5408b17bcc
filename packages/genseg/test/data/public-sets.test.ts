/** Every recipe turns a look-alike of its official download into a data folder that inspect reads as it must. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesOf, inspect, preparePublicSet, publicSets } from '../../src/data/index.ts';
import { downloads } from './downloads.ts';
import { dataSet, temporaryFolder } from './fixtures.ts';

const all = await downloads();

test('every public data set has a look-alike', () => {
  expect(all.map(({ name }) => name).sort()).toEqual(publicSets.map(({ name }) => name).sort());
});

test.each(all)('$name', async ({ name, files, cases, unlabelled = [] }) => {
  const set = publicSets.find((one) => one.name === name)!;
  const out = join(await temporaryFolder(), name);
  const prepared = await preparePublicSet(set, await dataSet(files), { out });

  const { manifest, problems } = await inspect(out);
  const found = manifest.cases.map(({ id, split, patient, spacing, labels }) => [
    id,
    [split, patient, spacing && Math.round(1e4 * spacing[0]) / 1e4, labels],
  ]);
  expect(Object.fromEntries(found)).toEqual(cases);
  expect(manifest.classes).toEqual(set.classes);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);

  expect(prepared).toMatchObject({
    labelled: Object.keys(cases).length,
    unlabelled: unlabelled.length,
    leftOut: [],
  });
  if (unlabelled.length > 0) {
    const rest = await inspect(join(out, 'unlabelled'), { imagesOnly: true });
    expect(rest.manifest.cases.map(({ id }) => id)).toEqual(unlabelled);
  }
  const readme = readFileSync(join(out, 'README.md'), 'utf8');
  const description = JSON.parse(readFileSync(join(out, 'dataset.json'), 'utf8'));
  for (const fact of [set.licence, set.citation, set.homepage]) {
    expect(readme).toContain(fact);
    expect(Object.values(description)).toContain(fact);
  }
  expect(readdirSync(join(out, '..'))).toEqual([name]); // nothing half-written beside it
});

test('the docs tell of every set what its recipe tells', () => {
  const docs = readFileSync(
    join(import.meta.dirname, '../../../../docs/how-to/public-data.md'),
    'utf8',
  );
  for (const set of publicSets) {
    const [, own] = docs.split(`## ${set.name}\n`);
    const [text] = own.split('\n## ');
    const { title, homepage, licence, citation, known, notes } = set;
    for (const fact of [title, homepage, licence, citation, known, ...notes, ...filesOf(set)])
      expect(text).toContain(fact);
    expect(docs).toContain(
      `| [\`${set.name}\`](#${set.name}) | ${title} | ${set.classes.join(', ')} |`,
    );
  }
});
