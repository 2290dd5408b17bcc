// @ts-check
// npm run evidence: a suite of suites/, run and reported.
//
//   npm run evidence -- --suite smoke        minutes
//   npm run evidence -- --suite lungs-9 --write     also writes docs/evidence/lungs-9.md
//
// All other options are those of genseg bench: --dry-run, --jobs 2, --any-code.

import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, tokens } = parseArgs({
  options: { suite: { type: 'string', default: 'smoke' }, write: { type: 'boolean' } },
  strict: false,
  tokens: true,
});
const others = tokens
  .filter((token) => token.kind !== 'option' || !['suite', 'write'].includes(token.name))
  .map((token) => process.argv[2 + token.index]);

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'packages', 'genseg', 'bin', 'genseg.js');
const out = join('runs', 'evidence', String(values.suite));

/** @param {string[]} args */
function genseg(...args) {
  const { status } = spawnSync(process.execPath, [cli, ...args], { cwd: root, stdio: 'inherit' });
  if (status === 130) process.exit(130);
  return status ?? 1;
}

const status = genseg('bench', join('suites', `${values.suite}.yaml`), '--out', out, ...others);
if (!others.includes('--dry-run') && status < 2) {
  process.exitCode = genseg('report', out) || status; // also of a suite in which a cell failed
  const page = join(root, 'docs', 'evidence', `${values.suite}.md`);
  if (values.write && process.exitCode === 0) {
    copyFileSync(join(root, out, 'report.md'), page);
    console.log(`written: ${relative(root, page)}`);
  }
} else process.exitCode = status;
