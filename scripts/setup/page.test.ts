import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { buildPage, hashPage } from './page.mjs';

const made: string[] = [];
afterEach(() => {
  for (const root of made.splice(0)) rmSync(root, { recursive: true });
});

/** A repository with the least that a page is made of. */
function repository(files: Record<string, string> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'genseg-page-'));
  made.push(root);
  const least = {
    'package-lock.json': '{}',
    'packages/studio/index.html': '<p>',
    'packages/studio/vite.config.ts': '',
    'packages/studio/src/api.ts': '',
    'packages/studio/src/api/data.ts': '',
    'packages/studio/src/page/main.tsx': 'one',
  };
  for (const [path, text] of Object.entries({ ...least, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test('the page is made of sources, contract, recipe and packages, not of tests', () => {
  const plain = hashPage(repository());
  expect(hashPage(repository())).toBe(plain);
  expect(hashPage(repository({ 'packages/studio/src/page/engine/mask.test.ts': 'x' }))).toBe(plain);
  for (const path of [
    'package-lock.json',
    'packages/studio/index.html',
    'packages/studio/vite.config.ts',
    'packages/studio/src/api/data.ts',
    'packages/studio/src/page/main.tsx',
    'packages/studio/src/page/style/new.css',
  ])
    expect(hashPage(repository({ [path]: 'other' })), path).not.toBe(plain);
});

test('it is built when it changed, and only then', () => {
  // A stand-in for Vite that counts how often it ran.
  const root = repository({
    'node_modules/vite/bin/vite.js': `
      const { appendFileSync, mkdirSync } = require('node:fs');
      mkdirSync('dist/page', { recursive: true });
      appendFileSync('dist/page/index.html', process.argv[2]);
    `,
  });
  expect([buildPage(root), buildPage(root)]).toEqual([true, false]);
  writeFileSync(join(root, 'packages/studio/src/page/main.tsx'), 'two');
  expect([buildPage(root), buildPage(root)]).toEqual([true, false]);
});

test('a build that fails says why, and is tried again', () => {
  const root = repository({
    'node_modules/vite/bin/vite.js': `console.error('no such module'); process.exitCode = 1;`,
  });
  for (const _ of [1, 2]) expect(() => buildPage(root)).toThrow(/no such module/);
});
