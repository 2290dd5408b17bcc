import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('ops.gen.ts is what tools/generate.mjs writes from ops.txt', () => {
  const generator = fileURLToPath(new URL('../tools/generate.mjs', import.meta.url));
  const check = () => execFileSync(process.execPath, [generator, '--check'], { encoding: 'utf8' });
  expect(check).not.toThrow();
});
