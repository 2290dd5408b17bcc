import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkNode, find, findLibtorch, readBlas } from './find.mjs';

let folder: string;
/** A wheel that was not fetched. */
const none = '/nowhere';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genseg-find-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file of this text, its folders made. */
function write(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A PATH that holds only this program, a shell script. */
function fakeProgram(name: string, script: string): string {
  chmodSync(write(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
  return join(folder, 'bin');
}

/** What setup looks for in a LibTorch: the version header and one library. */
function fakeLibtorch(prefix: string, [major, minor]: [number, number]): string {
  const where = major > 1 && minor >= 9 ? 'headeronly' : 'csrc/api/include/torch';
  const numbers = { MAJOR: major, MINOR: minor, PATCH: 1 };
  const lines = Object.entries(numbers).map(([key, n]) => `#define TORCH_VERSION_${key} ${n}`);
  write(`${prefix}/include/torch/${where}/version.h`, lines.join('\n'));
  write(`${prefix}/lib/libtorch_cpu.so`, '');
  return join(folder, prefix);
}

describe('checkNode', () => {
  it.each(['20.19.0', '20.20.2', '24.0.0'])('accepts %s', (version) => {
    expect(() => checkNode(version)).not.toThrow();
  });
  it.each(['18.20.4', '20.9.0', '20.18.3'])('refuses %s', (version) => {
    expect(() => checkNode(version)).toThrow(`Node ${version} is too old: GenSeg needs 20.19.0`);
  });
});

describe('findLibtorch', () => {
  it("prefers LIBTORCH, then pip's wheel, then the torch of python3, then the system", () => {
    const own = fakeLibtorch('own', [1, 13]);
    const python = fakeLibtorch('site-packages/torch', [2, 13]);
    const system = fakeLibtorch('usr', [2, 1]);
    const wheel = fakeLibtorch('.libtorch/torch', [2, 12]);
    const PATH = fakeProgram('python3', `echo ${python}`);
    const found = [
      findLibtorch({ LIBTORCH: own, PATH }, wheel, [system]),
      findLibtorch({ PATH }, wheel, [system]),
      findLibtorch({ PATH }, none, [system]),
      findLibtorch({ PATH: '' }, none, [system]),
    ].map((found) => [found?.version, found?.prefix, found?.from]);
    expect(found).toEqual([
      ['1.13.1', own, 'LIBTORCH'],
      ['2.12.1', wheel, "pip's wheel"],
      ['2.13.1', python, 'the torch of python3'],
      ['2.1.1', system, 'the system'],
    ]);
  });

  it('goes on to the system when python3 has no torch', () => {
    const PATH = fakeProgram('python3', "echo 'no torch' >&2; exit 1");
    const system = fakeLibtorch('usr', [2, 1]);
    expect(findLibtorch({ PATH }, none, [system])?.prefix).toBe(system);
  });

  it("follows the links of a distribution's python3-torch to the system's headers", () => {
    const system = fakeLibtorch('usr', [1, 13]);
    mkdirSync(join(folder, 'dist-packages/torch/lib'), { recursive: true });
    const link = join(folder, 'dist-packages/torch/lib/libtorch_cpu.so');
    symlinkSync(join(system, 'lib/libtorch_cpu.so'), link);
    const PATH = fakeProgram('python3', `echo ${join(folder, 'dist-packages/torch')}`);
    expect(findLibtorch({ PATH }, none, [])?.prefix).toBe(system);
  });

  it('reports whether the library has CUDA', () => {
    const prefix = fakeLibtorch('own', [2, 11]);
    expect(findLibtorch({ LIBTORCH: prefix }, none)?.cuda).toBe(false);
    write('own/lib/libtorch_cuda.so', '');
    expect(findLibtorch({ LIBTORCH: prefix }, none)?.cuda).toBe(true);
  });

  it('finds nothing where there is nothing', () => {
    expect(findLibtorch({ PATH: folder }, none, [folder])).toBeUndefined();
  });

  it('refuses a LIBTORCH that holds none, rather than take another', () => {
    const system = fakeLibtorch('usr', [2, 1]);
    expect(() => findLibtorch({ LIBTORCH: folder }, none, [system])).toThrow('holds no LibTorch');
  });

  it('refuses a LIBTORCH that is too old', () => {
    const old = fakeLibtorch('own', [1, 12]);
    expect(() => findLibtorch({ LIBTORCH: old }, none)).toThrow(
      `LIBTORCH=${old} holds LibTorch 1.12.1, which is too old: GenSeg needs 1.13.0 or later`,
    );
  });

  it("passes over python3's and the system's where they are too old", () => {
    const old = fakeLibtorch('usr', [1, 8]);
    const PATH = fakeProgram('python3', `echo ${old}`);
    const local = fakeLibtorch('usr/local', [2, 1]);
    expect(findLibtorch({ PATH }, none, [old])).toBeUndefined();
    expect(findLibtorch({ PATH }, none, [old, local])?.prefix).toBe(local);
  });
});

describe('find', () => {
  it('leaves out what PATH does not hold', () => {
    const LIBTORCH = fakeLibtorch('own', [2, 1]);
    const PATH = fakeProgram('cmake', 'echo cmake version 3.25.1');
    const found = find({ LIBTORCH, PATH }, none);
    expect(found.cmake?.version).toBe('3.25.1');
    expect([found.compiler, found.make, found.pip]).toEqual([undefined, undefined, undefined]);
  });

  it('takes the compiler that CXX names', () => {
    const LIBTORCH = fakeLibtorch('own', [2, 1]);
    const PATH = fakeProgram('g++', 'echo the usual');
    const CXX = write('g++-14', '#!/bin/sh\necho another\n');
    chmodSync(CXX, 0o755);
    expect(find({ LIBTORCH, PATH, CXX }, none).compiler).toEqual({ path: CXX, version: 'another' });
  });

  it('refuses a CMake that is too old', () => {
    const LIBTORCH = fakeLibtorch('own', [2, 1]);
    const PATH = fakeProgram('cmake', 'echo cmake version 3.16.3');
    expect(() => find({ LIBTORCH, PATH }, none)).toThrow('CMake 3.16.3');
  });
});

describe('readBlas', () => {
  const ldd = '\tlibm.so.6 => /lib/libm.so.6 (0x1)\n\tlibblas.so.3 => /lib/libblas.so.3 (0x2)\n';

  it.each([
    ['/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3', 'OpenBLAS', true],
    ['/usr/lib/x86_64-linux-gnu/libmkl_rt.so', 'MKL', true],
    ['/usr/lib/x86_64-linux-gnu/blis-openmp/libblas.so.3', 'BLIS', true],
    ['/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0', 'a BLAS that is not optimised', false],
  ])('follows libblas.so.3 to %s', (path, name, optimised) => {
    const links: Record<string, string> = { '/lib/libblas.so.3': path };
    expect(readBlas(ldd, (link) => links[link]!)).toEqual({ name, path, optimised });
  });

  it("takes a library that links no BLAS, such as pip's, to have its own", () => {
    expect(readBlas('\tlibm.so.6 => /lib/libm.so.6 (0x1)\n', String).optimised).toBe(true);
  });
});
