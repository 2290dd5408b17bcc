// @ts-check
// Looks for what the set-up needs: Node, LibTorch, a C++ compiler, CMake, an optimised BLAS.
// It changes nothing; install.mjs does.

import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { capture, findProgram, SetupError } from './process.mjs';

/** @typedef {import('./process.mjs').Env} Env */
/** @typedef {{ prefix: string, library: string, version: string, cuda: boolean,
 *   from: string }} LibTorch */
/** @typedef {{ path: string, version: string }} Program */
/** @typedef {{ name: string, path: string, optimised: boolean }} Blas */
/** @typedef {{ libtorch?: LibTorch, blas?: Blas, gloo: boolean, pip?: string, compiler?: Program,
 *   cmake?: Program, make?: string }} Found */

const NODE = '20.19.0';
export const LIBTORCH = '1.13.0';
/** Where a LibTorch that we fetched is from. */
export const WHEEL = "pip's wheel";
const CMAKE = '3.18.0';

/**
 * Refuses a Node that is too old.
 * @param {string} version
 */
export function checkNode(version) {
  if (isOlder(version, NODE)) {
    throw new SetupError(
      `Node ${version} is too old: GenSeg needs ${NODE} or later. ` +
        'Install the LTS release from https://nodejs.org and run npm run setup again.',
    );
  }
}

/**
 * Everything the build needs, as far as this machine has it.
 * @param {Env} env
 * @param {string} wheel the torch folder of what we fetched ourselves, if we did
 * @returns {Found}
 */
export function find(env, wheel) {
  const libtorch = findLibtorch(env, wheel);
  return {
    libtorch,
    blas: libtorch && findBlas(libtorch.library),
    gloo: hasGloo(libtorch?.prefix ?? '/usr'),
    pip: findProgram(['pip3', 'pip'], env),
    compiler: findCompiler(env),
    cmake: findCmake(env),
    make: findProgram(['make', 'gmake'], env),
  };
}

/**
 * The LibTorch to build against: LIBTORCH, else what we fetched, else the torch of python3, else the system's. Of the
 * last three those that are too old count for nothing.
 * @param {Env} env
 * @param {string} wheel
 * @param {string[]} systemPrefixes
 * @returns {LibTorch | undefined}
 */
export function findLibtorch(env, wheel, systemPrefixes = ['/usr', '/usr/local']) {
  if (env.LIBTORCH) return givenLibtorch(env.LIBTORCH);
  return (
    newEnough(readLibtorch(wheel, WHEEL)) ??
    newEnough(pythonLibtorch(env)) ??
    systemPrefixes
      .map((prefix) => newEnough(readLibtorch(prefix, 'the system')))
      .find((found) => found)
  );
}

/** @param {string} prefix */
function givenLibtorch(prefix) {
  const given = readLibtorch(prefix, 'LIBTORCH');
  if (!given) {
    throw new SetupError(
      `LIBTORCH=${prefix} holds no LibTorch: expected include/torch/ and ` +
        'lib/libtorch_cpu.so in it. Give the torch folder of a Python installation, or unset it.',
    );
  }
  if (!newEnough(given)) {
    throw new SetupError(
      `LIBTORCH=${prefix} holds LibTorch ${given.version}, which is too old: GenSeg needs ${LIBTORCH} or later. ` +
        'Run pip install --upgrade torch, or set LIBTORCH to a newer one, or unset it.',
    );
  }
  return given;
}

/** @param {LibTorch | undefined} libtorch */
const newEnough = (libtorch) => (libtorch && isNewEnough(libtorch.version) ? libtorch : undefined);

/**
 * Whether this is the version of a LibTorch that we can use.
 * @param {string} version
 */
export const isNewEnough = (version) => !isOlder(version, LIBTORCH);

/**
 * The torch that python3 would import. Found, not imported: importing takes seconds.
 * @param {Env} env
 */
function pythonLibtorch(env) {
  const python = findProgram(['python3'], env);
  if (!python) return undefined;
  const program =
    "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0])";
  // In the root folder, so that no folder named torch beside us passes for the package.
  const folder = capture(python, ['-c', program], { env, cwd: '/' }).stdout.trim();
  const library = folder && findLibrary(folder);
  if (!library) return undefined;
  // A distribution's python3-torch holds links to the system's library, whose headers count.
  for (let prefix = dirname(realpathSync(library)); prefix !== '/'; prefix = dirname(prefix)) {
    const found = readLibtorch(prefix, 'the torch of python3');
    if (found) return found;
  }
  return undefined;
}

/**
 * @param {string} prefix
 * @param {string} from
 * @returns {LibTorch | undefined}
 */
function readLibtorch(prefix, from) {
  const library = findLibrary(prefix);
  const version = readVersion(prefix);
  if (!library || !version) return undefined;
  const cuda = existsSync(join(dirname(library), 'libtorch_cuda.so'));
  return { prefix, library, version, cuda, from };
}

/** @param {string} prefix */
function findLibrary(prefix) {
  const architecture = { x64: 'x86_64', arm64: 'aarch64' }[/** @type {string} */ (process.arch)];
  return ['lib', `lib/${architecture}-linux-gnu`, 'lib64']
    .map((folder) => join(prefix, folder, 'libtorch_cpu.so'))
    .find((path) => existsSync(path));
}

/**
 * "2.13.0" from the header that holds the three numbers; it moved in 2.9.
 * @param {string} prefix
 */
function readVersion(prefix) {
  const header = ['headeronly/version.h', 'csrc/api/include/torch/version.h']
    .map((path) => join(prefix, 'include/torch', path))
    .find((path) => existsSync(path));
  if (!header) return undefined;
  const text = readFileSync(header, 'utf8');
  const numbers = text.matchAll(/define TORCH_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)/g);
  return [...numbers].map((match) => match[1]).join('.');
}

/**
 * Whether Gloo's headers, which process groups are compiled with, are where they could be: Debian and
 * Ubuntu package them apart from LibTorch. Elsewhere a LibTorch has them or it has not.
 * @param {string} prefix
 */
function hasGloo(prefix) {
  const apart = prefix === '/usr' && existsSync('/etc/debian_version');
  return !apart || existsSync('/usr/include/gloo/algorithm.h');
}

/** @param {string} library libtorch_cpu.so */
function findBlas(library) {
  return readBlas(capture('ldd', [library]).stdout, realpathSync);
}

/**
 * The BLAS that the dynamic linker gives to LibTorch. With the reference implementation transposed
 * convolutions run at 3 to 4 GFLOP/s, with OpenBLAS at 50 to 120.
 * @param {string} ldd what ldd prints for libtorch_cpu.so
 * @param {(path: string) => string} realpath follows /etc/alternatives
 * @returns {Blas}
 */
export function readBlas(ldd, realpath) {
  const linked =
    ldd.match(/libblas\.so\.3 => (\/.+?) \(0x/) ??
    ldd.match(/lib(?:openblas|mkl_|blis)\S* => (\/.+?) \(0x/);
  if (!linked) return { name: 'built in', path: '', optimised: true };
  const path = realpath(linked[1]);
  const vendor = path.match(/openblas|mkl|blis/)?.[0];
  const names = { openblas: 'OpenBLAS', mkl: 'MKL', blis: 'BLIS' };
  const name = vendor
    ? names[/** @type {keyof typeof names} */ (vendor)]
    : 'a BLAS that is not optimised';
  return { name, path, optimised: vendor !== undefined };
}

/**
 * @param {Env} env
 * @returns {Program | undefined}
 */
function findCompiler(env) {
  const path = findProgram(env.CXX ? [env.CXX] : ['g++', 'c++', 'clang++'], env);
  if (!path) return undefined;
  return { path, version: capture(path, ['--version'], { env }).stdout.split('\n')[0] };
}

/**
 * @param {Env} env
 * @returns {Program | undefined}
 */
function findCmake(env) {
  const path = findProgram(['cmake'], env);
  if (!path) return undefined;
  const version = capture(path, ['--version'], { env }).stdout.match(/\d+\.\d+\.\d+/)?.[0] ?? '0';
  if (isOlder(version, CMAKE)) {
    throw new SetupError(
      `CMake ${version} (${path}) is too old: GenSeg needs ${CMAKE} or later. ` +
        'Run pip install cmake, or install it from your distribution.',
    );
  }
  return { path, version };
}

/**
 * @param {string} version
 * @param {string} least
 */
function isOlder(version, least) {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number));
  const differing = b.findIndex((number, i) => (a[i] ?? 0) !== number);
  return differing >= 0 && (a[differing] ?? 0) < b[differing];
}
