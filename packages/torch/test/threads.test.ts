/** The addon's own kernels run in as many threads as LibTorch's: a build without OpenMP would do all in one. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Threads of a fresh process before a kernel of ours, which is the first that has enough to do for several, and after. */
const counting = `
  import { readdirSync } from 'node:fs';
  import { configure, mixKernels, tensor } from '@genseg/torch';
  configure({ threads: 3 });
  const zeros = (...shape) => tensor(new Float32Array(shape.reduce((a, b) => a * b)), { shape });
  const kernels = [4, 6, 8].map((k) => zeros(64, 64, k, k));
  const shares = zeros(3);
  const count = () => readdirSync('/proc/self/task').length;
  const before = count();
  mixKernels(kernels, shares);
  console.log(count() - before);
`;

test.skipIf(process.platform !== 'linux')(
  'kernels of the addon run in the threads that are asked for',
  () => {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const options = ['--input-type=module', '--eval', counting];
    expect(Number(execFileSync(process.execPath, options, { cwd, encoding: 'utf8' }))).toBe(2);
  },
);
