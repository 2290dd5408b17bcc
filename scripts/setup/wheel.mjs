// @ts-check
// LibTorch out of pip's wheel for CPUs, for a system whose packages have none that is new enough, such as
// Ubuntu 22.04 and 24.04, or a slow one.

import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { isNewEnough, LIBTORCH, WHEEL } from './find.mjs';
import { capture, findProgram, lastLine, SetupError } from './process.mjs';

/** @typedef {import('./process.mjs').Env} Env */
/** @typedef {import('./find.mjs').Found} Found */

/** A version that the tests pass with. */
const VERSION = '2.13.0';
const INDEX = 'https://download.pytorch.org/whl/cpu';

/**
 * Whether to fetch the wheel: where it is asked for, or where there is no LibTorch and no package of the system's would bring
 * one.
 * @param {Pick<Found, 'libtorch'>} found
 * @param {{ asked: boolean, env: Env, packaged: () => boolean }} given
 * @throws SetupError where both --wheel and LIBTORCH are given
 */
export function wantsWheel({ libtorch }, { asked, env, packaged }) {
  if (asked && env.LIBTORCH) {
    throw new SetupError(
      `--wheel asks for pip's LibTorch and LIBTORCH=${env.LIBTORCH} for another: leave out --wheel, or unset LIBTORCH.`,
    );
  }
  if (libtorch?.from === WHEEL) return asked && libtorch.version !== VERSION;
  return asked || (!libtorch && !packaged());
}

/**
 * Whether apt would bring a LibTorch that is new enough, or may: without its lists, nobody knows before they are updated, which
 * needs root and which the line that we print for others does.
 * @param {Env} env
 * @param {boolean} root
 * @param {string} lists the folder of apt's lists
 */
export function isPackaged(env, root, lists = '/var/lib/apt/lists') {
  const apt = findProgram(['apt-get'], env);
  const cache = findProgram(['apt-cache'], env);
  if (!apt || !cache) return false;
  if (!hasPackages(lists)) {
    if (!root) return true;
    capture(apt, ['update'], { env });
  }
  const english = { ...env, LC_ALL: 'C' };
  const { stdout } = capture(cache, ['policy', 'libtorch-dev'], { env: english });
  const version = stdout.match(/Candidate: (\d[\d.]*)/)?.[1];
  return version !== undefined && isNewEnough(version);
}

/** @param {string} lists */
const hasPackages = (lists) =>
  existsSync(lists) && readdirSync(lists).some((name) => name.includes('_Packages'));

/**
 * Fetches the wheel into a folder, 200 MB that become 700. Python is needed for pip alone: of the wheel we use the
 * libraries and headers, which are the same for all versions of Python.
 * @param {string} folder is there whole or not at all
 * @param {Env} env
 * @throws SetupError where there is no pip, or it fails
 */
export function installWheel(folder, env) {
  const pip = findProgram(['pip3', 'pip'], env);
  if (!pip) throw new SetupError('no pip3 is found, not even of python3-pip: look at the PATH.');
  console.log('Fetching LibTorch with pip, 200 MB ...');
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const options = '--no-deps --no-compile --only-binary=:all: --python-version 3.11'.split(' ');
  const wheel = ['--extra-index-url', INDEX, `torch==${VERSION}+cpu`];
  const { ok, stderr } = capture(pip, ['install', ...options, '--target', partial, ...wheel], {
    env: { ...env, PIP_USER: '0' },
  });
  if (!ok) {
    rmSync(partial, { recursive: true, force: true });
    const reason =
      [...stderr.matchAll(/^ERROR: (.*)/gm)].at(-1)?.[1] ?? (lastLine(stderr) || 'it was ended');
    throw new SetupError(
      `pip could not fetch LibTorch (${reason}). It needs the network, or a mirror that pip is told of, and 1 GB of disk; ` +
        `else set LIBTORCH to the folder of a torch of version ${LIBTORCH} or later. Then run npm run setup again.`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}
