import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataSet } from '../../../test/data/fixtures.ts';
import { around, resultsOf, type Scores } from '../../../test/suite-results.ts';
import type { SuiteResults } from '../../suite/index.ts';
import { writeSuiteReport } from './suite-report.ts';

async function reportOf(cells: Scores[], options: Partial<SuiteResults> = {}) {
  const folder = await dataSet({ 'results.json': resultsOf(cells, options) });
  const out = join(folder, 'report.html');
  const verdict = writeSuiteReport(folder, out);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { verdict, html: read('report.html'), markdown: read('report.md') };
}

const whole = (task = 'discs'): Scores[] =>
  [9, 14].flatMap((labels) =>
    [0, 1].flatMap((seed) =>
      ['genseg', 'augment', 'plain'].map((method) => ({
        ...{ task, method, seed, labels },
        sets: {
          test: around((method === 'genseg' ? 0.8 : 0.7) + labels / 1000),
          far: around(method === 'genseg' ? 0.5 : 0.4),
        },
      })),
    ),
  );

test('page and text hold scores, differences, labels saved, cost, failures and every command', async () => {
  const failed = { method: 'plain', labels: 9, seed: 2, sets: null };
  const { verdict, html, markdown } = await reportOf([...whole(), failed]);
  expect(verdict).toMatch(
    /^Helped\. At 9 labelled images, beside augmentation, GenSeg helped on 2/,
  );
  for (const text of [html, markdown]) {
    expect(text).toContain(verdict.slice('Helped. '.length, 80));
    expect(text).toContain('in domain');
    expect(text).toContain('out of domain');
    expect(text).toContain('+0.100');
    expect(text).toContain('more than 14 (over 1.6 times)');
    expect(text).toContain('no luck');
    expect(text).toContain('genseg train data --method genseg --out runs/discs-9-genseg-0');
  }
  expect(html.match(/<svg class="strip"/g)!.length).toBeGreaterThanOrEqual(2 * 2 * 3);
  expect(html.match(/<svg class="chart"/g)).toHaveLength(2);
  expect(html).not.toMatch(/NaN|undefined|\[object/);
  expect(markdown).not.toMatch(/NaN|undefined|\[object/);
});

test('every row of a table in the text has as many cells as its head', async () => {
  const { markdown } = await reportOf(whole());
  const tables = markdown.split('\n\n').filter((part) => part.startsWith('|'));
  expect(tables.length).toBeGreaterThan(8);
  for (const table of tables) {
    const widths = table.split('\n').map((row) => row.split('|').length);
    expect(new Set(widths).size, table).toBe(1);
  }
});

test('names cannot break the page', async () => {
  const { html } = await reportOf(whole('<script>alert(1)</script>'), { suite: '<b>' });
  expect(html).not.toContain('<script');
  expect(html).not.toContain('<b>');
  expect(html).toContain('&#60;script&#62;');
});

test('a suite that has only begun has a page too', async () => {
  const { verdict, html } = await reportOf([{ method: 'genseg' }, { method: 'plain' }]);
  expect(verdict).toBe('Nothing to compare yet.');
  expect(html).toContain('2 trainings');
});
