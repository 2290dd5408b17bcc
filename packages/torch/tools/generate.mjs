/**
 * Writes src/ops.gen.ts from ops.txt and the schemas that the built LibTorch lists.
 *   node tools/generate.mjs           writes the file
 *   node tools/generate.mjs --check   fails when it is stale; under another LibTorch than the one it
 *                                     was made with, reports which operators that one lacks
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { render } from './render.mjs';

const native = createRequire(import.meta.url)('../build/genseg_torch.node');
const target = new URL('../src/ops.gen.ts', import.meta.url);

const lines = readFileSync(new URL('../ops.txt', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line && !line.startsWith('#'));

const { version } = native.environment();
const operators = lines.map((line) => ({ name: line.split('(')[0], schema: native.schema(line) }));
const lacking = operators.filter((operator) => !operator.schema).map((operator) => operator.name);

if (process.argv.includes('--check')) {
  const current = readFileSync(target, 'utf8');
  const [, madeWith] = /LibTorch (\S+)\./.exec(current) ?? [];
  if (madeWith !== version) {
    console.log(
      `ops.gen.ts was made with LibTorch ${madeWith}, this is ${version}; it lacks: ${lacking.join(', ') || 'none'}`,
    );
  } else if (current !== render(operators, version)) {
    console.error('ops.gen.ts is stale; run: npm run generate -w @genseg/torch');
    process.exitCode = 1;
  }
} else if (lacking.length > 0) {
  console.error(
    `LibTorch ${version} lacks ${lacking.join(', ')}; correct the name, or give the whole schema`,
  );
  process.exitCode = 1;
} else {
  writeFileSync(target, render(operators, version));
  console.log(`${operators.length} operators written to src/ops.gen.ts`);
}
