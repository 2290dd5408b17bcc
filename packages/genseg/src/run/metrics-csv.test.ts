import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { MetricsCsv } from './metrics-csv.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-'));
  path = join(folder, 'metrics.csv');
});
afterEach(() => rmSync(folder, { recursive: true }));

const columns = ['loss', 'dice'] as const;

test('a resumed run repeats its rows without duplicates, after a torn one too', () => {
  {
    using table = new MetricsCsv(path, columns);
    table.append(10, { loss: 0.5 });
    table.append(20, { loss: 0.25, dice: 0.8 });
  }
  appendFileSync(path, '30,0.1');
  using table = new MetricsCsv(path, columns);
  table.truncateAfter(10);
  table.append(20, { dice: 0.9 });
  expect(readFileSync(path, 'utf8')).toBe('step,loss,dice\n10,0.5,\n20,,0.9\n');
});

test('refuses a table with other columns', () => {
  new MetricsCsv(path, columns)[Symbol.dispose]();
  expect(() => new MetricsCsv(path, ['loss'])).toThrow(DataError);
  expect(() => new MetricsCsv(path, ['loss'])).toThrow('has the columns step,loss,dice');
});
