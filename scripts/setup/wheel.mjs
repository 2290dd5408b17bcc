// @ts-check
// LibTorch out of pip's wheel for CPUs, for a system whose packages have none that is new enough, such as
// Ubuntu 22.04 and 24.04, or a slow one.

import { renameSync, rmSync } from 'node:fs';
import { isNewEnough, LIBTORCH } from './find.mjs';
import { capture, findProgram, lastLine, SetupError } from './process.mjs';

/** @typedef {import('./process.mjs').Env} Env */

/** What the tests pass with. */
const WHEEL = 'torch==2.13.0+cpu';
const INDEX = 'https://download.pytorch.org/whl/cpu';

/**
 * Whether apt would bring a LibTorch that is new enough.
 * @param {Env} env
 * @param {boolean} root whether we may bring apt's lists up to date
 */
export function isPackaged(env, root) {
  const apt = findProgram(['apt-get'], env);
  const cache = findProgram(['apt-cache'], env);
  if (!apt || !cache) return false;
  const candidate = () => {
    const { stdout } = capture(cache, ['policy', 'libtorch-dev'], { env: { ...env, LC_ALL: 'C' } });
    return stdout.match(/Candidate: (\d[\d.]*)/)?.[1];
  };
  const known = candidate();
  if (!known && root) capture(apt, ['update'], { env });
  const version = known ?? candidate();
  return version !== undefined && isNewEnough(version);
}

/**
 * Fetches the wheel into a folder, 200 MB that become 750. Python is needed for pip alone: of the wheel we use the libraries and headers,
 * which are the same for all versions of Python.
 * @param {string} folder is there whole or not at all
 * @param {Env} env
 */
export function installWheel(folder, env) {
  const pip = findProgram(['pip3', 'pip'], env);
  if (!pip)
    throw new SetupError('python3-pip is installed, yet no pip3 is found: look at the PATH.');
  console.log('Fetching LibTorch with pip, 200 MB ...');
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const { ok, stderr } = capture(
    pip,
    [
      ...['install', '--no-deps', '--only-binary=:all:', '--python-version', '3.11'],
      ...['--target', partial, '--extra-index-url', INDEX, WHEEL],
    ],
    { env },
  );
  if (!ok) {
    rmSync(partial, { recursive: true, force: true });
    const reason = stderr.match(/^ERROR: (.*)/m)?.[1] ?? lastLine(stderr);
    throw new SetupError(
      `pip could not fetch ${WHEEL} (${reason}). Connect to a network, or set LIBTORCH to a torch of ` +
        `version ${LIBTORCH} or later, and run npm run setup again.`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}
