/** The built page: how much a browser loads before it shows anything, and that nothing of it is inline. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const page = join(import.meta.dirname, '../dist/page');
const read = (path: string) => {
  if (!existsSync(join(page, path))) throw new Error(`dist/page/${path} is missing: npm run setup`);
  return readFileSync(join(page, path));
};

test('the first page is at most 350 kB of script and style, compressed', () => {
  const html = read('index.html').toString();
  const loaded = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)];
  expect(loaded.length).toBeGreaterThanOrEqual(2);
  const bytes = loaded.reduce((sum, [, path]) => sum + gzipSync(read(path)).length, 0);
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThan(350_000);
});

test('nothing is inline, as the policy of the server wants', () => {
  const html = read('index.html').toString();
  expect(html).not.toMatch(/<style|style="|<script(?![^>]*src=)[^>]*>|\son\w+="/);
  expect(html).not.toMatch(/(?:src|href)="(?:https?:|data:|\/\/)/);
});
